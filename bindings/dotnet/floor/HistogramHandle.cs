using Microsoft.Win32.SafeHandles;

namespace Tollbridge
{
    /// <summary>A pointer with a use count: it is freed when it is disposed of, or collected, and no call uses it.</summary>
    internal sealed class HistogramHandle : SafeHandleZeroOrMinusOneIsInvalid
    {
        /// <summary>For the runtime, which puts the pointer into it.</summary>
        private HistogramHandle()
            : base(ownsHandle: true)
        {
        }

        /// <inheritdoc/>
        protected override bool ReleaseHandle()
        {
            NativeMethods.tb_floor_histogram_free(handle);
            return true;
        }
    }
}
