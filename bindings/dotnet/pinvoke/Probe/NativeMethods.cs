using System;
using System.Runtime.InteropServices;
using Tollbridge.Probes;

namespace Tollbridge
{
    /// <summary>probe.h and fault.h. tb_f64s, tb_points and tb_map are <see cref="Owned"/> too.</summary>
    internal static unsafe partial class NativeMethods
    {
        // ---- probes. Those that only compute, for nanoseconds, need not let the collector in.

#if NET5_0_OR_GREATER
        [SuppressGCTransition]
#endif
        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern void tb_probe_nop();

#if NET5_0_OR_GREATER
        [SuppressGCTransition]
#endif
        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern ulong tb_probe_add(ulong a, ulong b);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_half(byte some, ulong number, byte* found, ulong* value);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_str_len(byte* text, UIntPtr length, ulong* result);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_str_chars(byte* text, UIntPtr length, ulong* result);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_echo(byte* text, UIntPtr length, Owned* result);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_make_str(UIntPtr n, byte wide, Owned* result);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_bytes_ends(byte* data, UIntPtr length, ulong* result);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_bytes_sum(byte* data, UIntPtr length, ulong* result);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_make_bytes(UIntPtr n, Owned* result);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_f64_ends(double* values, UIntPtr length, double* result);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_f64_sum(double* values, UIntPtr length, double* result);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_make_f64(UIntPtr n, Owned* result);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern void tb_f64s_free(Owned* values);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_scale_in_place(double* values, UIntPtr length, double factor);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_point_in(Point* point, double* result);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_make_point(ulong n, Point* result);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_points_ends(Point* points, UIntPtr length, double* result);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_points_sum(Point* points, UIntPtr length, double* result);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_make_points(UIntPtr n, Owned* result);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern void tb_points_free(Owned* points);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_shape_in(NativeShape* shape, double* result);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_make_shape(ulong n, NativeShape* result);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern void tb_shape_free(NativeShape* shape);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_map_sum(Entry* entries, UIntPtr length, ulong* result);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_make_map(UIntPtr n, Owned* result);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern void tb_map_free(Owned* map);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_fail(ulong number);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_call_back(ulong n, IntPtr callback, IntPtr user, int* stopped, ulong* sum);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_call_back_from_new_thread(
            ulong n, IntPtr callback, IntPtr user, int* stopped, ulong* sum);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_probe_record_from_new_thread(IntPtr histogram, ulong value);

        // ---- faults

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_fault_panic(byte* text, UIntPtr length);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_fault_panic_while_locked(IntPtr histogram);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_fault_panics_when_dropped_new(IntPtr* faulty);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern void tb_fault_panics_when_dropped_free(IntPtr faulty);

        /// <summary>tb_shape.</summary>
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

        /// <summary>tb_entry.</summary>
        internal struct Entry
        {
            internal byte* Key;
            internal UIntPtr KeyLength;
            internal ulong Value;
        }
    }
}
