using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Threading;

namespace Tollbridge.Probes
{
    /// <summary>
    /// The probes as ordinary C# methods: what a call costs when nothing is crossed. None is inlined, so that there is a call.
    /// They check nothing that C# does not check by itself.
    /// </summary>
    public static class Probe
    {
        /// <summary>Nothing.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static void Nop()
        {
        }

        /// <summary>The sum modulo 2^64.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static ulong Add(ulong a, ulong b) => unchecked(a + b);

        /// <summary>Half of an even number; null for an odd one and for null.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static ulong? Half(ulong? number) => number % 2 == 0 ? number / 2 : null;

        /// <summary>Length in bytes of UTF-8.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static ulong StrLen(string text) => (ulong)Encoding.UTF8.GetByteCount(text);

        /// <summary>Number of characters.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static ulong StrChars(string text) => (ulong)text.Count(unit => !char.IsLowSurrogate(unit));

        /// <summary>The text itself.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static string Echo(string text) => text;

        /// <summary>So many characters: <c>abc…z</c> repeated, or <c>é</c> repeated when wide.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static string MakeStr(int n, bool wide) => wide
            ? new string('é', n)
            : string.Create(n, 26, (units, letters) =>
            {
                for (int i = 0; i < units.Length; i++)
                {
                    units[i] = (char)('a' + i % letters);
                }
            });

        /// <summary>Length + first + last byte; 0 when empty.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static ulong BytesEnds(ReadOnlySpan<byte> data) =>
            data.IsEmpty ? 0 : (ulong)data.Length + data[0] + data[data.Length - 1];

        /// <summary>Sum of all bytes.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static ulong BytesSum(ReadOnlySpan<byte> data)
        {
            ulong sum = 0;
            foreach (byte each in data)
            {
                sum += each;
            }
            return sum;
        }

        /// <summary>So many bytes: 0, 1, … 255, 0, …</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static byte[] MakeBytes(int n)
        {
            var data = new byte[n];
            for (int i = 0; i < data.Length; i++)
            {
                data[i] = unchecked((byte)i);
            }
            return data;
        }

        /// <summary>Length + first + last; 0 when empty.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static double F64Ends(ReadOnlySpan<double> values) =>
            values.IsEmpty ? 0 : values.Length + values[0] + values[values.Length - 1];

        /// <summary>Sum in order, from 0.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static double F64Sum(ReadOnlySpan<double> values)
        {
            double sum = 0;
            foreach (double value in values)
            {
                sum += value;
            }
            return sum;
        }

        /// <summary>0, 1, … n - 1.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static double[] MakeF64(int n)
        {
            var values = new double[n];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = i;
            }
            return values;
        }

        /// <summary>Multiplies each value where it stands.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static void ScaleInPlace(Span<double> values, double factor)
        {
            foreach (ref double value in values)
            {
                value *= factor;
            }
        }

        /// <summary>Sum of the fields.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static double PointIn(in Point point) => point.Id + point.X + point.Y + point.Flags;

        /// <summary>The point <c>n, n / 2, -1, n &amp; 7</c>.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static Point MakePoint(ulong n) => new Point(n, n * 0.5, -1, (uint)(n & 7));

        /// <summary>Length + <see cref="PointIn"/> of the first + of the last; 0 when empty.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static double PointsEnds(ReadOnlySpan<Point> points) =>
            points.IsEmpty ? 0 : points.Length + PointIn(points[0]) + PointIn(points[points.Length - 1]);

        /// <summary>Sum of <see cref="PointIn"/>.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static double PointsSum(ReadOnlySpan<Point> points)
        {
            double sum = 0;
            foreach (ref readonly Point point in points)
            {
                sum += PointIn(point);
            }
            return sum;
        }

        /// <summary><see cref="MakePoint"/> of 0 to n - 1.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static Point[] MakePoints(int n)
        {
            var points = new Point[n];
            for (int i = 0; i < points.Length; i++)
            {
                points[i] = MakePoint((ulong)i);
            }
            return points;
        }

        /// <summary>0 for a dot, 3·r·r for a circle, the number of characters of a label.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static double ShapeIn(Shape shape) => shape switch
        {
            Shape.Circle circle => 3 * circle.Radius * circle.Radius,
            Shape.Label label => StrChars(label.Text),
            _ => 0,
        };

        /// <summary>By <c>n % 3</c>: a dot, a circle of radius n, a label with n in decimal.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static Shape MakeShape(ulong n) => (n % 3) switch
        {
            0 => new Shape.Dot(),
            1 => new Shape.Circle(n),
            _ => new Shape.Label(n.ToString(CultureInfo.InvariantCulture)),
        };

        /// <summary>Sum of the values, modulo 2^64, and of the keys' lengths in bytes of UTF-8.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static ulong MapSum(IReadOnlyDictionary<string, ulong> entries)
        {
            ulong sum = 0;
            foreach (KeyValuePair<string, ulong> entry in entries)
            {
                unchecked
                {
                    sum += entry.Value + StrLen(entry.Key);
                }
            }
            return sum;
        }

        /// <summary>So many entries: <c>k000000</c> → 0, <c>k000001</c> → 1, …</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static Dictionary<string, ulong> MakeMap(int n)
        {
            var entries = new Dictionary<string, ulong>(n);
            for (int i = 0; i < n; i++)
            {
                entries.Add("k" + i.ToString("D6", CultureInfo.InvariantCulture), (ulong)i);
            }
            return entries;
        }

        /// <summary>Always throws.</summary>
        /// <exception cref="ProbeException">Always.</exception>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static void Fail(ulong n) => throw new ProbeException(n);

        /// <summary>Calls with 0 to n - 1 and sums the answers, modulo 2^64; null after the first null.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static ulong? CallBack(ulong n, Func<ulong, ulong?> callback)
        {
            ulong? sum = 0;
            for (ulong i = 0; i < n && sum != null; i++)
            {
                sum = unchecked(sum + callback(i));
            }
            return sum;
        }

        /// <summary><see cref="CallBack"/> from a thread that is started for it.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static ulong? CallBackFromNewThread(ulong n, Func<ulong, ulong?> callback)
        {
            ulong? sum = null;
            ExceptionDispatchInfo? thrown = null;
            var thread = new Thread(() =>
            {
                try
                {
                    sum = CallBack(n, callback);
                }
                catch (Exception exception)
                {
                    thrown = ExceptionDispatchInfo.Capture(exception);
                }
            });
            thread.Start();
            thread.Join();
            thrown?.Throw();
            return sum;
        }
    }
}
