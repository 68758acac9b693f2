using System;
using System.Buffers;
using System.Collections.Generic;
using static Tollbridge.NativeMethods;

namespace Tollbridge.Probes
{
    /// <summary>
    /// Functions that do as little as possible, so that calling one costs only the crossing: what is timed. Any thread may call any of
    /// them. Spans are borrowed for the call; what comes out is a copy.
    /// </summary>
    public static unsafe class Probe
    {
        /// <summary>Nothing.</summary>
        public static void Nop() => tb_probe_nop();

        /// <summary>The sum modulo 2^64.</summary>
        public static ulong Add(ulong a, ulong b) => tb_probe_add(a, b);

        /// <summary>Half of an even number; null for an odd one and for null.</summary>
        public static ulong? Half(ulong? number)
        {
            byte found;
            ulong value;
            Failure.Check(tb_probe_half((byte)(number.HasValue ? 1 : 0), number.GetValueOrDefault(), &found, &value));
            return found != 0 ? value : (ulong?)null;
        }

        /// <summary>Length in bytes of UTF-8.</summary>
        /// <exception cref="InvalidTextException">The text has a lone surrogate.</exception>
        public static ulong StrLen(string text)
        {
            var utf8 = new Utf8(text ?? throw new ArgumentNullException(nameof(text)), stackalloc byte[Utf8.OnStack]);
            ulong result;
            fixed (byte* data = utf8.Bytes)
            {
                Failure.Check(tb_probe_str_len(data, (UIntPtr)utf8.Bytes.Length, &result));
            }
            utf8.Dispose();
            return result;
        }

        /// <summary>Number of characters.</summary>
        /// <exception cref="InvalidTextException">The text has a lone surrogate.</exception>
        public static ulong StrChars(string text)
        {
            var utf8 = new Utf8(text ?? throw new ArgumentNullException(nameof(text)), stackalloc byte[Utf8.OnStack]);
            ulong result;
            fixed (byte* data = utf8.Bytes)
            {
                Failure.Check(tb_probe_str_chars(data, (UIntPtr)utf8.Bytes.Length, &result));
            }
            utf8.Dispose();
            return result;
        }

        /// <summary>The text itself, copied.</summary>
        /// <exception cref="InvalidTextException">The text has a lone surrogate.</exception>
        public static string Echo(string text)
        {
            var utf8 = new Utf8(text ?? throw new ArgumentNullException(nameof(text)), stackalloc byte[Utf8.OnStack]);
            Owned result;
            fixed (byte* data = utf8.Bytes)
            {
                Failure.Check(tb_probe_echo(data, (UIntPtr)utf8.Bytes.Length, &result));
            }
            utf8.Dispose();
            return Utf8.Take(&result);
        }

        /// <summary>So many characters: <c>abc…z</c> repeated, or <c>é</c> repeated when wide.</summary>
        public static string MakeStr(int n, bool wide)
        {
            Owned result;
            Failure.Check(tb_probe_make_str(Length(n), (byte)(wide ? 1 : 0), &result));
            return Utf8.Take(&result);
        }

        /// <summary>Length + first + last byte; 0 when empty.</summary>
        public static ulong BytesEnds(ReadOnlySpan<byte> data)
        {
            ulong result;
            fixed (byte* first = data)
            {
                Failure.Check(tb_probe_bytes_ends(first, (UIntPtr)data.Length, &result));
            }
            return result;
        }

        /// <summary>Sum of all bytes.</summary>
        public static ulong BytesSum(ReadOnlySpan<byte> data)
        {
            ulong result;
            fixed (byte* first = data)
            {
                Failure.Check(tb_probe_bytes_sum(first, (UIntPtr)data.Length, &result));
            }
            return result;
        }

        /// <summary>So many bytes: 0, 1, … 255, 0, …</summary>
        public static byte[] MakeBytes(int n)
        {
            Owned result;
            Failure.Check(tb_probe_make_bytes(Length(n), &result));
            byte[] copy;
            try
            {
                copy = result.Items<byte>().ToArray();
            }
            catch
            {
                tb_bytes_free(&result);
                throw;
            }
            tb_bytes_free(&result);
            return copy;
        }

        /// <summary>Length + first + last; 0 when empty.</summary>
        public static double F64Ends(ReadOnlySpan<double> values)
        {
            double result;
            fixed (double* first = values)
            {
                Failure.Check(tb_probe_f64_ends(first, (UIntPtr)values.Length, &result));
            }
            return result;
        }

        /// <summary>Sum in order, from 0.</summary>
        public static double F64Sum(ReadOnlySpan<double> values)
        {
            double result;
            fixed (double* first = values)
            {
                Failure.Check(tb_probe_f64_sum(first, (UIntPtr)values.Length, &result));
            }
            return result;
        }

        /// <summary>0, 1, … n - 1.</summary>
        public static double[] MakeF64(int n)
        {
            Owned result;
            Failure.Check(tb_probe_make_f64(Length(n), &result));
            double[] copy;
            try
            {
                copy = result.Items<double>().ToArray();
            }
            catch
            {
                tb_f64s_free(&result);
                throw;
            }
            tb_f64s_free(&result);
            return copy;
        }

        /// <summary>Multiplies each value where it stands.</summary>
        public static void ScaleInPlace(Span<double> values, double factor)
        {
            fixed (double* first = values)
            {
                Failure.Check(tb_probe_scale_in_place(first, (UIntPtr)values.Length, factor));
            }
        }

        /// <summary>Sum of the fields.</summary>
        public static double PointIn(in Point point)
        {
            double result;
            fixed (Point* pointer = &point)
            {
                Failure.Check(tb_probe_point_in(pointer, &result));
            }
            return result;
        }

        /// <summary>The point <c>n, n / 2, -1, n &amp; 7</c>.</summary>
        public static Point MakePoint(ulong n)
        {
            Point result;
            Failure.Check(tb_probe_make_point(n, &result));
            return result;
        }

        /// <summary>Length + <see cref="PointIn"/> of the first + of the last; 0 when empty.</summary>
        public static double PointsEnds(ReadOnlySpan<Point> points)
        {
            double result;
            fixed (Point* first = points)
            {
                Failure.Check(tb_probe_points_ends(first, (UIntPtr)points.Length, &result));
            }
            return result;
        }

        /// <summary>Sum of <see cref="PointIn"/>.</summary>
        public static double PointsSum(ReadOnlySpan<Point> points)
        {
            double result;
            fixed (Point* first = points)
            {
                Failure.Check(tb_probe_points_sum(first, (UIntPtr)points.Length, &result));
            }
            return result;
        }

        /// <summary><see cref="MakePoint"/> of 0 to n - 1.</summary>
        public static Point[] MakePoints(int n)
        {
            Owned result;
            Failure.Check(tb_probe_make_points(Length(n), &result));
            Point[] copy;
            try
            {
                copy = result.Items<Point>().ToArray();
            }
            catch
            {
                tb_points_free(&result);
                throw;
            }
            tb_points_free(&result);
            return copy;
        }

        /// <summary>0 for a dot, 3·r·r for a circle, the number of characters of a label.</summary>
        /// <exception cref="InvalidTextException">A label has a lone surrogate.</exception>
        public static double ShapeIn(Shape shape)
        {
            var native = default(NativeShape);
            switch (shape)
            {
                case Shape.Dot _:
                    native.Kind = NativeShape.Dot;
                    break;
                case Shape.Circle circle:
                    native.Kind = NativeShape.Circle;
                    native.Radius = circle.Radius;
                    break;
                case Shape.Label label:
                    return LabelIn(label.Text);
                default:
                    throw new ArgumentNullException(nameof(shape));
            }
            double result;
            Failure.Check(tb_probe_shape_in(&native, &result));
            return result;
        }

        /// <summary>By <c>n % 3</c>: a dot, a circle of radius n, a label with n in decimal.</summary>
        public static Shape MakeShape(ulong n)
        {
            NativeShape native;
            Failure.Check(tb_probe_make_shape(n, &native));
            return native.Kind switch
            {
                NativeShape.Dot => new Shape.Dot(),
                NativeShape.Circle => new Shape.Circle(native.Radius),
                _ => TakeLabel(&native),
            };
        }

        /// <summary>Sum of the values, modulo 2^64, and of the keys' lengths in bytes of UTF-8.</summary>
        /// <exception cref="InvalidTextException">A key has a lone surrogate.</exception>
        /// <exception cref="InvalidOperationException">The entries changed meanwhile.</exception>
        public static ulong MapSum(IReadOnlyDictionary<string, ulong> entries)
        {
            if (entries == null)
            {
                throw new ArgumentNullException(nameof(entries));
            }
            int length = 0, entryCount = 0;
            foreach (string key in entries.Keys)
            {
                length = checked(length + Utf8.MaxLength(key.Length));
                entryCount++;
            }
            byte[] keys = ArrayPool<byte>.Shared.Rent(length);
            Entry[] natives = ArrayPool<Entry>.Shared.Rent(entryCount);
            ulong result;
            fixed (byte* data = keys)
            fixed (Entry* first = natives)
            {
                int offset = 0, count = 0;
                foreach (KeyValuePair<string, ulong> entry in entries)
                {
                    // A map that another thread changes may have other keys by now: none is cut short.
                    var room = new Span<byte>(data + offset, length - offset);
                    if (count == entryCount || Utf8.MaxLength(entry.Key.Length) > room.Length)
                    {
                        throw new InvalidOperationException("the entries changed while they were read");
                    }
                    int bytes = Utf8.Encode(entry.Key, room);
                    first[count++] = new Entry { Key = data + offset, KeyLength = (UIntPtr)bytes, Value = entry.Value };
                    offset += bytes;
                }
                Failure.Check(tb_probe_map_sum(first, (UIntPtr)count, &result));
            }
            ArrayPool<Entry>.Shared.Return(natives);
            ArrayPool<byte>.Shared.Return(keys);
            return result;
        }

        /// <summary>So many entries: <c>k000000</c> → 0, <c>k000001</c> → 1, …</summary>
        public static Dictionary<string, ulong> MakeMap(int n)
        {
            Owned result;
            Failure.Check(tb_probe_make_map(Length(n), &result));
            try
            {
                ReadOnlySpan<Entry> natives = result.Items<Entry>();
                var entries = new Dictionary<string, ulong>(natives.Length);
                foreach (Entry native in natives)
                {
                    entries.Add(Utf8.Read(native.Key, native.KeyLength), native.Value);
                }
                return entries;
            }
            finally
            {
                tb_map_free(&result);
            }
        }

        /// <summary>Always throws.</summary>
        /// <exception cref="ProbeException">Always.</exception>
        public static void Fail(ulong n) => Failure.Check(tb_probe_fail(n));

        /// <summary>Calls with 0 to n - 1 and sums the answers, modulo 2^64; null after the first null.</summary>
        /// <param name="n">How often.</param>
        /// <param name="callback">Called on this thread. What it throws comes out of here, the very same exception.</param>
        public static ulong? CallBack(ulong n, Func<ulong, ulong?> callback)
        {
            using var call = new ProbeCallback(callback ?? throw new ArgumentNullException(nameof(callback)));
            int stopped;
            ulong sum;
            call.Check(tb_probe_call_back(n, ProbeCallback.Trampoline, call.User, &stopped, &sum));
            return stopped == 0 ? sum : (ulong?)null;
        }

        /// <summary><see cref="CallBack"/> from a thread that Rust starts, and that has ended when this returns.</summary>
        /// <param name="n">How often.</param>
        /// <param name="callback">Called on that thread. What it throws comes out of here, the very same exception.</param>
        public static ulong? CallBackFromNewThread(ulong n, Func<ulong, ulong?> callback)
        {
            using var call = new ProbeCallback(callback ?? throw new ArgumentNullException(nameof(callback)));
            int stopped;
            ulong sum;
            call.Check(tb_probe_call_back_from_new_thread(n, ProbeCallback.Trampoline, call.User, &stopped, &sum));
            return stopped == 0 ? sum : (ulong?)null;
        }

        /// <summary><see cref="Histogram.Record"/> on a thread that Rust starts: watchers are called from there.</summary>
        public static void RecordFromNewThread(Histogram histogram, ulong value)
        {
            HistogramHandle handle = Histogram.HandleOf(histogram);
            IntPtr error = tb_probe_record_from_new_thread(handle.Acquire(), value);
            handle.Release();
            Failure.Check(error);
        }

        /// <summary>Apart, so that only text pays for a buffer on the stack.</summary>
        private static double LabelIn(string text)
        {
            var utf8 = new Utf8(text ?? throw new ArgumentNullException(nameof(text)), stackalloc byte[Utf8.OnStack]);
            double result;
            fixed (byte* data = utf8.Bytes)
            {
                var native = new NativeShape { Kind = NativeShape.Label, Text = data, TextLength = (UIntPtr)utf8.Bytes.Length };
                Failure.Check(tb_probe_shape_in(&native, &result));
            }
            utf8.Dispose();
            return result;
        }

        private static Shape TakeLabel(NativeShape* native)
        {
            try
            {
                return new Shape.Label(Utf8.Read(native->Text, native->TextLength));
            }
            finally
            {
                tb_shape_free(native);
            }
        }

        private static UIntPtr Length(int n) => n >= 0 ? (UIntPtr)n : throw new ArgumentOutOfRangeException(nameof(n));
    }
}
