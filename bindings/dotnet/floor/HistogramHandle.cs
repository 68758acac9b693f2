using System;
using Microsoft.Win32.SafeHandles;

namespace Tollbridge
{
    /// <summary>A pointer with a use count: it is freed when it is disposed of, or collected, and no call uses it.</summary>
    internal sealed class HistogramHandle : SafeHandleZeroOrMinusOneIsInvalid
    {
        /// <summary>Owns what C made.</summary>
        internal HistogramHandle(IntPtr histogram)
            : base(ownsHandle: true)
        {
            SetHandle(histogram);
        }

        /// <inheritdoc/>
        protected override bool ReleaseHandle()
        {
            NativeMethods.tb_histogram_free(handle);
            return true;
        }
    }
}
