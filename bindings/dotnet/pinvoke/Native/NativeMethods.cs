using System;
using System.Runtime.InteropServices;

namespace Tollbridge
{
    /// <summary>
    /// tollbridge.h, one to one: who owns and frees what, and what NULL does, stands there beside each function.
    /// All is blittable, so that the runtime passes arguments on as they are. Lengths are <c>size_t</c>, booleans bytes; an
    /// <see cref="IntPtr"/> that is returned is an owned <c>tb_error *</c>, zero for success.
    /// </summary>
    internal static unsafe partial class NativeMethods
    {
        private const string Library = NativeLoader.Library;
        private const CallingConvention Cdecl = CallingConvention.Cdecl;

        /// <summary>The ABI that is declared here.</summary>
        private const uint Abi = 1;

        /// <summary>Before the first call. What is thrown here is the inner exception of a <see cref="TypeInitializationException"/>.</summary>
        static NativeMethods()
        {
            NativeLoader.Install();
            uint found = tb_abi_version();
            if (found != Abi)
            {
                throw new DllNotFoundException($"libtollbridge has ABI {found}, but this assembly was written for ABI {Abi}");
            }
        }

        // ---- the library

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern uint tb_abi_version();

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_version();

        // ---- errors and memory

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern void tb_error_info(IntPtr error, ErrorDetails* details);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern void tb_error_free(IntPtr error);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern void tb_bytes_free(Owned* bytes);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern void tb_text_free(Owned* text);

        // ---- histograms

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_new(Config* config, IntPtr* histogram);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_clone(IntPtr histogram, IntPtr* clone);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern void tb_histogram_free(IntPtr histogram);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_config(IntPtr histogram, Config* config);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_record(IntPtr histogram, ulong value);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_record_n(IntPtr histogram, ulong value, ulong count);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_record_all(IntPtr histogram, ulong* values, UIntPtr length);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_record_durations(IntPtr histogram, byte* text, UIntPtr length, ulong* recorded);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_len(IntPtr histogram, ulong* count);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_is_empty(IntPtr histogram, byte* empty);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_min(IntPtr histogram, byte* found, ulong* value);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_max(IntPtr histogram, byte* found, ulong* value);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_mean(IntPtr histogram, byte* found, double* value);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_stdev(IntPtr histogram, byte* found, double* value);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_value_at_quantile(IntPtr histogram, double quantile, byte* found, ulong* value);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_values_at_quantiles(
            IntPtr histogram, double* quantiles, UIntPtr length, byte* found, ulong* values);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_summary(IntPtr histogram, byte* found, Summary* summary);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_tag(IntPtr histogram, Owned* tag);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_set_tag(IntPtr histogram, byte* tag, UIntPtr length);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_merge(IntPtr histogram, IntPtr other);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_render(IntPtr histogram, uint ticks, double unit, Owned* text);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_encode(IntPtr histogram, Owned* bytes);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_decode(byte* data, UIntPtr length, IntPtr* histogram);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_buckets(IntPtr histogram, NativeScan* scan, IntPtr* buckets);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_buckets_next(IntPtr buckets, Bucket* into, UIntPtr capacity, UIntPtr* count);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern void tb_buckets_free(IntPtr buckets);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_for_each_bucket(
            IntPtr histogram, NativeScan* scan, IntPtr visitor, IntPtr user, int* stopped);

        // ---- watchers

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_histogram_watch(
            IntPtr histogram, ulong limit, IntPtr watcher, IntPtr user, IntPtr destructor, IntPtr* watch);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_watch_end(IntPtr watch, byte* ended);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern void tb_watch_free(IntPtr watch);

        // ---- interval logs

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_replay_log_with_limit(
            byte* path, UIntPtr length, ulong memoryLimit, IntPtr progress, IntPtr user, IntPtr* replay);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern UIntPtr tb_replay_len(IntPtr replay);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_replay_histogram(IntPtr replay, UIntPtr index, IntPtr* histogram);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern void tb_replay_free(IntPtr replay);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_log_writer_new(byte* path, UIntPtr length, double start, IntPtr* writer);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern IntPtr tb_log_writer_write(IntPtr writer, IntPtr histogram, double start, double seconds);

        [DllImport(Library, CallingConvention = Cdecl, ExactSpelling = true)]
        internal static extern void tb_log_writer_free(IntPtr writer);

        /// <summary>tb_text and tb_bytes: memory that was handed over, and the number of its items.</summary>
        internal struct Owned
        {
            internal void* Data;
            internal UIntPtr Length;

            /// <summary>Its items, until it is freed.</summary>
            internal ReadOnlySpan<T> Items<T>()
                where T : unmanaged => new ReadOnlySpan<T>(Data, checked((int)Length));
        }

        /// <summary>tb_error_details.</summary>
        internal struct ErrorDetails
        {
            internal int Code;
            internal byte* Name;
            internal byte* Message;
            internal UIntPtr MessageLength;
            internal ErrorField* Fields;
            internal UIntPtr FieldCount;
        }

        /// <summary>tb_error_field.</summary>
        internal struct ErrorField
        {
            internal const uint U64 = 1;
            internal const uint F64 = 2;
            internal const uint Utf8 = 3;

            internal byte* Name;
            internal uint Kind;
            internal ulong Number;
            internal double Real;
            internal byte* Text;
            internal UIntPtr TextLength;
        }

        /// <summary>tb_config.</summary>
        internal struct Config
        {
            internal ulong Lowest;
            internal ulong Highest;
            internal byte SignificantDigits;
        }

        /// <summary>tb_scan.</summary>
        internal struct NativeScan
        {
            internal const uint Recorded = 0;
            internal const uint Linear = 1;
            internal const uint Logarithmic = 2;
            internal const uint Quantiles = 3;

            internal uint Kind;
            internal uint Ticks;
            internal ulong Step;
            internal double Base;
        }
    }
}
