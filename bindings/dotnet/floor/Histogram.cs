using System;
using System.Runtime.CompilerServices;

namespace Tollbridge
{
    /// <summary>
    /// The C library's histogram behind a bare <see cref="System.Runtime.InteropServices.SafeHandle"/>, whose uses are counted by hand,
    /// since a handle in a signature brings in a stub that the JIT does not inline: what a handle costs at least. Its
    /// errors are <see cref="ArgumentOutOfRangeException"/>, whatever C says.
    /// </summary>
    public sealed unsafe class Histogram : IDisposable
    {
        private readonly HistogramHandle handle;

        /// <summary>Makes an empty one for values from <paramref name="lowest"/> to <paramref name="highest"/>.</summary>
        public Histogram(ulong lowest, ulong highest, int significantDigits)
        {
            var config = new NativeMethods.Config
            {
                Lowest = lowest,
                Highest = highest,
                SignificantDigits = checked((byte)significantDigits),
            };
            IntPtr histogram;
            Check(NativeMethods.tb_histogram_new(&config, &histogram));
            handle = new HistogramHandle(histogram);
            SignificantDigits = significantDigits;
        }

        /// <summary>As it was made.</summary>
        public int SignificantDigits { get; }

        /// <summary>How many values were recorded.</summary>
        public ulong Count
        {
            get
            {
                ulong count;
                IntPtr error = NativeMethods.tb_histogram_len(handle.Acquire(), &count);
                handle.DangerousRelease();
                Check(error);
                return count;
            }
        }

        /// <summary>Records a value.</summary>
        public void Record(ulong value)
        {
            IntPtr error = NativeMethods.tb_histogram_record(handle.Acquire(), value);
            handle.DangerousRelease();
            Check(error);
        }

        /// <summary>Records a value so many times.</summary>
        public void RecordN(ulong value, ulong count)
        {
            IntPtr error = NativeMethods.tb_histogram_record_n(handle.Acquire(), value, count);
            handle.DangerousRelease();
            Check(error);
        }

        /// <summary>Records all values or, if one is too large, none.</summary>
        public void RecordAll(ReadOnlySpan<ulong> values)
        {
            IntPtr error;
            fixed (ulong* data = values)
            {
                error = NativeMethods.tb_histogram_record_all(handle.Acquire(), data, (UIntPtr)values.Length);
            }
            handle.DangerousRelease();
            Check(error);
        }

        /// <inheritdoc/>
        public void Dispose() => handle.Dispose();

        private static void Check(IntPtr error)
        {
            if (error != IntPtr.Zero)
            {
                Fail(error);
            }
        }

        /// <summary>Apart, so that <see cref="Check"/> is inlined.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Fail(IntPtr error)
        {
            NativeMethods.tb_error_free(error);
            throw new ArgumentOutOfRangeException("value");
        }
    }
}
