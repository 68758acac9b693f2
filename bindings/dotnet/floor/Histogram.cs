using System;
using System.Runtime.CompilerServices;

namespace Tollbridge
{
    /// <summary>A histogram in C behind a bare <see cref="System.Runtime.InteropServices.SafeHandle"/>: what a handle costs.</summary>
    public sealed unsafe class Histogram : IDisposable
    {
        private readonly HistogramHandle handle;

        /// <summary>Makes an empty one for values up to <paramref name="highest"/>.</summary>
        public Histogram(ulong lowest, ulong highest, int significantDigits)
        {
            if (lowest < 1 || highest / 2 < lowest || significantDigits < 0 || significantDigits > 5)
            {
                throw new ArgumentOutOfRangeException(nameof(lowest));
            }
            handle = NativeMethods.tb_floor_histogram_new(lowest, highest, significantDigits);
            if (handle.IsInvalid)
            {
                throw new OutOfMemoryException();
            }
            SignificantDigits = significantDigits;
        }

        /// <summary>As it was made.</summary>
        public int SignificantDigits { get; }

        /// <summary>How many values were recorded.</summary>
        public ulong Count => NativeMethods.tb_floor_histogram_len(handle);

        /// <summary>Records a value.</summary>
        public void Record(ulong value) => Check(NativeMethods.tb_floor_histogram_record(handle, value));

        /// <summary>Records a value so many times.</summary>
        public void RecordN(ulong value, ulong count) => Check(NativeMethods.tb_floor_histogram_record_n(handle, value, count));

        /// <summary>Records all values or, if one is too large, none.</summary>
        public void RecordAll(ReadOnlySpan<ulong> values)
        {
            fixed (ulong* data = values)
            {
                Check(NativeMethods.tb_floor_histogram_record_all(handle, data, (UIntPtr)values.Length));
            }
        }

        /// <inheritdoc/>
        public void Dispose() => handle.Dispose();

        private static void Check(int code)
        {
            if (code != NativeMethods.Success)
            {
                Fail();
            }
        }

        /// <summary>Apart, so that <see cref="Check"/> is inlined.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Fail() => throw new ArgumentOutOfRangeException("value");
    }
}
