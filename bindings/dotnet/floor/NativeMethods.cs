using System;
using System.Runtime.InteropServices;
using Tollbridge.Probes;

namespace Tollbridge
{
    /// <summary>
    /// bindings/c/floor/floor.h and, of tollbridge.h, what a handle needs, one to one. All is blittable, so that the runtime passes
    /// arguments on as they are. Lengths are <c>size_t</c>, booleans bytes.
    /// </summary>
    internal static unsafe class NativeMethods
    {
        internal const int Success = 0;
        internal const int Probe = 16;

        private const string Library = "tollbridge_dotnet_floor";
        private const string Histograms = "tollbridge";

        // These two only compute, for nanoseconds, and need not let the collector in.
#if NET5_0_OR_GREATER
        [SuppressGCTransition]
#endif
        [DllImport(Library)]
        internal static extern void tb_floor_nop();

#if NET5_0_OR_GREATER
        [SuppressGCTransition]
#endif
        [DllImport(Library)]
        internal static extern ulong tb_floor_add(ulong a, ulong b);

        [DllImport(Library)]
        internal static extern int tb_floor_half(byte some, ulong number, byte* found, ulong* value);

        [DllImport(Library)]
        internal static extern int tb_floor_str_len(byte* text, UIntPtr length, ulong* result);

        [DllImport(Library)]
        internal static extern int tb_floor_str_chars(byte* text, UIntPtr length, ulong* result);

        [DllImport(Library)]
        internal static extern int tb_floor_echo(byte* text, UIntPtr length, Owned* result);

        [DllImport(Library)]
        internal static extern int tb_floor_make_str(UIntPtr n, byte wide, Owned* result);

        [DllImport(Library)]
        internal static extern int tb_floor_bytes_ends(byte* data, UIntPtr length, ulong* result);

        [DllImport(Library)]
        internal static extern int tb_floor_bytes_sum(byte* data, UIntPtr length, ulong* result);

        [DllImport(Library)]
        internal static extern int tb_floor_make_bytes(UIntPtr n, Owned* result);

        [DllImport(Library)]
        internal static extern int tb_floor_f64_ends(double* values, UIntPtr length, double* result);

        [DllImport(Library)]
        internal static extern int tb_floor_f64_sum(double* values, UIntPtr length, double* result);

        [DllImport(Library)]
        internal static extern int tb_floor_make_f64(UIntPtr n, Owned* result);

        [DllImport(Library)]
        internal static extern int tb_floor_scale_in_place(double* values, UIntPtr length, double factor);

        [DllImport(Library)]
        internal static extern int tb_floor_point_in(Point* point, double* result);

        [DllImport(Library)]
        internal static extern int tb_floor_make_point(ulong n, Point* result);

        [DllImport(Library)]
        internal static extern int tb_floor_points_ends(Point* points, UIntPtr length, double* result);

        [DllImport(Library)]
        internal static extern int tb_floor_points_sum(Point* points, UIntPtr length, double* result);

        [DllImport(Library)]
        internal static extern int tb_floor_make_points(UIntPtr n, Owned* result);

        [DllImport(Library)]
        internal static extern int tb_floor_shape_in(NativeShape* shape, double* result);

        [DllImport(Library)]
        internal static extern int tb_floor_make_shape(ulong n, NativeShape* result);

        [DllImport(Library)]
        internal static extern int tb_floor_map_sum(Entry* entries, UIntPtr length, ulong* result);

        [DllImport(Library)]
        internal static extern int tb_floor_make_map(UIntPtr n, Owned* result);

        [DllImport(Library)]
        internal static extern int tb_floor_fail(ulong number);

        [DllImport(Library)]
        internal static extern int tb_floor_call_back(ulong n, IntPtr callback, IntPtr user, int* stopped, ulong* sum);

        [DllImport(Library)]
        internal static extern int tb_floor_call_back_from_new_thread(ulong n, IntPtr callback, IntPtr user, int* stopped, ulong* sum);

        [DllImport(Library)]
        internal static extern void tb_floor_text_free(Owned* text);

        [DllImport(Library)]
        internal static extern void tb_floor_bytes_free(Owned* bytes);

        [DllImport(Library)]
        internal static extern void tb_floor_f64s_free(Owned* values);

        [DllImport(Library)]
        internal static extern void tb_floor_points_free(Owned* points);

        [DllImport(Library)]
        internal static extern void tb_floor_shape_free(NativeShape* shape);

        [DllImport(Library)]
        internal static extern void tb_floor_map_free(Owned* map);

        [DllImport(Histograms)]
        internal static extern IntPtr tb_histogram_new(Config* config, IntPtr* histogram);

        [DllImport(Histograms)]
        internal static extern void tb_histogram_free(IntPtr histogram);

        [DllImport(Histograms)]
        internal static extern IntPtr tb_histogram_record(IntPtr histogram, ulong value);

        [DllImport(Histograms)]
        internal static extern IntPtr tb_histogram_record_n(IntPtr histogram, ulong value, ulong count);

        [DllImport(Histograms)]
        internal static extern IntPtr tb_histogram_record_all(IntPtr histogram, ulong* values, UIntPtr length);

        [DllImport(Histograms)]
        internal static extern IntPtr tb_histogram_len(IntPtr histogram, ulong* count);

        [DllImport(Histograms)]
        internal static extern void tb_error_free(IntPtr error);

        /// <summary>tb_config.</summary>
        internal struct Config
        {
            internal ulong Lowest;
            internal ulong Highest;
            internal byte SignificantDigits;
        }

        /// <summary>Memory that C allocated, and the number of its items: text, bytes, floats, points or entries.</summary>
        internal struct Owned
        {
            internal void* Data;
            internal UIntPtr Length;
        }

        internal struct NativeShape
        {
            internal const uint Dot = 0;
            internal const uint Circle = 1;
            internal const uint Label = 2;

            internal uint Kind;
            internal double Radius;
            internal byte* Text;
            internal UIntPtr TextLength;
        }

        internal struct Entry
        {
            internal byte* Key;
            internal UIntPtr KeyLength;
            internal ulong Value;
        }
    }
}
