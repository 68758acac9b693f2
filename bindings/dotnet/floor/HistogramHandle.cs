using System;
using System.Runtime.InteropServices;
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

        /// <summary>The pointer, which stays valid until <see cref="SafeHandle.DangerousRelease"/>.</summary>
        internal IntPtr Acquire()
        {
            bool acquired = false;
            DangerousAddRef(ref acquired);
            return handle;
        }

        /// <inheritdoc/>
        protected override bool ReleaseHandle()
        {
            NativeMethods.tb_histogram_free(handle);
            return true;
        }
    }
}
