using System;
using System.Buffers;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Text;
using static Tollbridge.NativeMethods;

namespace Tollbridge.Probes
{
    /// <summary>The probes by P/Invoke into C, with nothing in between that is not needed.</summary>
    public static unsafe class Probe
    {
        /// <summary>Nothing.</summary>
        public static void Nop() => tb_floor_nop();

        /// <summary>The sum modulo 2^64.</summary>
        public static ulong Add(ulong a, ulong b) => tb_floor_add(a, b);

        /// <summary>Half of an even number; null for an odd one and for null.</summary>
        public static ulong? Half(ulong? number)
        {
            byte found;
            ulong value;
            Check(tb_floor_half((byte)(number.HasValue ? 1 : 0), number.GetValueOrDefault(), &found, &value));
            return found != 0 ? value : (ulong?)null;
        }

        /// <summary>Length in bytes of UTF-8.</summary>
        public static ulong StrLen(string text)
        {
            var utf8 = new Utf8(text, stackalloc byte[Utf8.OnStack]);
            ulong result;
            fixed (byte* data = utf8.Bytes)
            {
                Check(tb_floor_str_len(data, (UIntPtr)utf8.Bytes.Length, &result));
            }
            utf8.Dispose();
            return result;
        }

        /// <summary>Number of characters.</summary>
        public static ulong StrChars(string text)
        {
            var utf8 = new Utf8(text, stackalloc byte[Utf8.OnStack]);
            ulong result;
            fixed (byte* data = utf8.Bytes)
            {
                Check(tb_floor_str_chars(data, (UIntPtr)utf8.Bytes.Length, &result));
            }
            utf8.Dispose();
            return result;
        }

        /// <summary>The text itself, copied.</summary>
        public static string Echo(string text)
        {
            var utf8 = new Utf8(text, stackalloc byte[Utf8.OnStack]);
            Owned owned;
            fixed (byte* data = utf8.Bytes)
            {
                Check(tb_floor_echo(data, (UIntPtr)utf8.Bytes.Length, &owned));
            }
            utf8.Dispose();
            return Text(&owned);
        }

        /// <summary>So many characters: <c>abc…z</c> repeated, or <c>é</c> repeated when wide.</summary>
        public static string MakeStr(int n, bool wide)
        {
            Owned owned;
            Check(tb_floor_make_str(Length(n), (byte)(wide ? 1 : 0), &owned));
            return Text(&owned);
        }

        /// <summary>Length + first + last byte; 0 when empty.</summary>
        public static ulong BytesEnds(ReadOnlySpan<byte> data)
        {
            ulong result;
            fixed (byte* first = data)
            {
                Check(tb_floor_bytes_ends(first, (UIntPtr)data.Length, &result));
            }
            return result;
        }

        /// <summary>Sum of all bytes.</summary>
        public static ulong BytesSum(ReadOnlySpan<byte> data)
        {
            ulong result;
            fixed (byte* first = data)
            {
                Check(tb_floor_bytes_sum(first, (UIntPtr)data.Length, &result));
            }
            return result;
        }

        /// <summary>So many bytes: 0, 1, … 255, 0, …</summary>
        public static byte[] MakeBytes(int n)
        {
            Owned owned;
            Check(tb_floor_make_bytes(Length(n), &owned));
            byte[] bytes = Items<byte>(&owned).ToArray();
            tb_floor_bytes_free(&owned);
            return bytes;
        }

        /// <summary>Length + first + last; 0 when empty.</summary>
        public static double F64Ends(ReadOnlySpan<double> values)
        {
            double result;
            fixed (double* first = values)
            {
                Check(tb_floor_f64_ends(first, (UIntPtr)values.Length, &result));
            }
            return result;
        }

        /// <summary>Sum in order, from 0.</summary>
        public static double F64Sum(ReadOnlySpan<double> values)
        {
            double result;
            fixed (double* first = values)
            {
                Check(tb_floor_f64_sum(first, (UIntPtr)values.Length, &result));
            }
            return result;
        }

        /// <summary>0, 1, … n - 1.</summary>
        public static double[] MakeF64(int n)
        {
            Owned owned;
            Check(tb_floor_make_f64(Length(n), &owned));
            double[] values = Items<double>(&owned).ToArray();
            tb_floor_f64s_free(&owned);
            return values;
        }

        /// <summary>Multiplies each value where it stands.</summary>
        public static void ScaleInPlace(Span<double> values, double factor)
        {
            fixed (double* first = values)
            {
                Check(tb_floor_scale_in_place(first, (UIntPtr)values.Length, factor));
            }
        }

        /// <summary>Sum of the fields.</summary>
        public static double PointIn(in Point point)
        {
            double result;
            fixed (Point* pointer = &point)
            {
                Check(tb_floor_point_in(pointer, &result));
            }
            return result;
        }

        /// <summary>The point <c>n, n / 2, -1, n &amp; 7</c>.</summary>
        public static Point MakePoint(ulong n)
        {
            Point result;
            Check(tb_floor_make_point(n, &result));
            return result;
        }

        /// <summary>Length + <see cref="PointIn"/> of the first + of the last; 0 when empty.</summary>
        public static double PointsEnds(ReadOnlySpan<Point> points)
        {
            double result;
            fixed (Point* first = points)
            {
                Check(tb_floor_points_ends(first, (UIntPtr)points.Length, &result));
            }
            return result;
        }

        /// <summary>Sum of <see cref="PointIn"/>.</summary>
        public static double PointsSum(ReadOnlySpan<Point> points)
        {
            double result;
            fixed (Point* first = points)
            {
                Check(tb_floor_points_sum(first, (UIntPtr)points.Length, &result));
            }
            return result;
        }

        /// <summary><see cref="MakePoint"/> of 0 to n - 1.</summary>
        public static Point[] MakePoints(int n)
        {
            Owned owned;
            Check(tb_floor_make_points(Length(n), &owned));
            Point[] points = Items<Point>(&owned).ToArray();
            tb_floor_points_free(&owned);
            return points;
        }

        /// <summary>0 for a dot, 3·r·r for a circle, the number of characters of a label.</summary>
        public static double ShapeIn(Shape shape)
        {
            NativeShape native = default;
            double result;
            switch (shape)
            {
                case Shape.Circle circle:
                    native.Kind = NativeShape.Circle;
                    native.Radius = circle.Radius;
                    break;
                case Shape.Label label:
                    native.Kind = NativeShape.Label;
                    byte[] text = Utf8.Strict.GetBytes(label.Text);
                    fixed (byte* data = text)
                    {
                        native.Text = data;
                        native.TextLength = (UIntPtr)text.Length;
                        Check(tb_floor_shape_in(&native, &result));
                        return result;
                    }
            }
            Check(tb_floor_shape_in(&native, &result));
            return result;
        }

        /// <summary>By <c>n % 3</c>: a dot, a circle of radius n, a label with n in decimal.</summary>
        public static Shape MakeShape(ulong n)
        {
            NativeShape native;
            Check(tb_floor_make_shape(n, &native));
            switch (native.Kind)
            {
                case NativeShape.Dot:
                    return new Shape.Dot();
                case NativeShape.Circle:
                    return new Shape.Circle(native.Radius);
                default:
                    string text = Encoding.UTF8.GetString(native.Text, (int)native.TextLength);
                    tb_floor_shape_free(&native);
                    return new Shape.Label(text);
            }
        }

        /// <summary>Sum of the values, modulo 2^64, and of the keys' lengths in bytes of UTF-8.</summary>
        public static ulong MapSum(IReadOnlyDictionary<string, ulong> entries)
        {
            int length = 0;
            foreach (string key in entries.Keys)
            {
                length += Utf8.Strict.GetMaxByteCount(key.Length);
            }
            byte[] keys = ArrayPool<byte>.Shared.Rent(length);
            Entry[] natives = ArrayPool<Entry>.Shared.Rent(entries.Count);
            ulong result;
            fixed (byte* data = keys)
            fixed (Entry* native = natives)
            {
                int offset = 0, count = 0;
                foreach (KeyValuePair<string, ulong> entry in entries)
                {
                    int bytes = Utf8.Strict.GetBytes(entry.Key, keys.AsSpan(offset));
                    native[count++] = new Entry { Key = data + offset, KeyLength = (UIntPtr)bytes, Value = entry.Value };
                    offset += bytes;
                }
                Check(tb_floor_map_sum(native, (UIntPtr)count, &result));
            }
            ArrayPool<Entry>.Shared.Return(natives);
            ArrayPool<byte>.Shared.Return(keys);
            return result;
        }

        /// <summary>So many entries: <c>k000000</c> → 0, <c>k000001</c> → 1, …</summary>
        public static Dictionary<string, ulong> MakeMap(int n)
        {
            Owned owned;
            Check(tb_floor_make_map(Length(n), &owned));
            var entries = new Dictionary<string, ulong>(n);
            foreach (Entry entry in Items<Entry>(&owned))
            {
                entries.Add(Encoding.UTF8.GetString(entry.Key, (int)entry.KeyLength), entry.Value);
            }
            tb_floor_map_free(&owned);
            return entries;
        }

        /// <summary>Always throws.</summary>
        /// <exception cref="ProbeException">Always.</exception>
        public static void Fail(ulong n)
        {
            if (tb_floor_fail(n) == NativeMethods.Probe)
            {
                throw new ProbeException(n);
            }
        }

        /// <summary>Calls with 0 to n - 1 and sums the answers, modulo 2^64; null after the first null.</summary>
        public static ulong? CallBack(ulong n, Func<ulong, ulong?> callback)
        {
            using var call = new Callback(callback);
            int stopped;
            ulong sum;
            Check(tb_floor_call_back(n, Callback.Trampoline, call.User, &stopped, &sum));
            call.Rethrow();
            return stopped == 0 ? sum : (ulong?)null;
        }

        /// <summary><see cref="CallBack"/> from a thread that C starts.</summary>
        public static ulong? CallBackFromNewThread(ulong n, Func<ulong, ulong?> callback)
        {
            using var call = new Callback(callback);
            int stopped;
            ulong sum;
            Check(tb_floor_call_back_from_new_thread(n, Callback.Trampoline, call.User, &stopped, &sum));
            call.Rethrow();
            return stopped == 0 ? sum : (ulong?)null;
        }

        private static UIntPtr Length(int n) => n >= 0 ? (UIntPtr)n : throw new ArgumentOutOfRangeException(nameof(n));

        private static Span<T> Items<T>(Owned* owned)
            where T : unmanaged => new Span<T>(owned->Data, checked((int)owned->Length));

        /// <summary>Takes text over from C.</summary>
        private static string Text(Owned* owned)
        {
            string text = Encoding.UTF8.GetString((byte*)owned->Data, checked((int)owned->Length));
            tb_floor_text_free(owned);
            return text;
        }

        private static void Check(int code)
        {
            if (code != Success)
            {
                RanOut();
            }
        }

        /// <summary>Apart, so that <see cref="Check"/> is inlined.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void RanOut() => throw new OutOfMemoryException();
    }
}
