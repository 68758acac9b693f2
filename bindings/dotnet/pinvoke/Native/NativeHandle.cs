using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Tollbridge.NativeMethods;

namespace Tollbridge
{
    // ANCHOR: handle
    /// <summary>
    /// An owned pointer with a use count. It is freed once: when it was disposed of, or is collected, and no call uses it any more.
    /// </summary>
    internal abstract class NativeHandle : SafeHandle
    {
        /// <summary>A SafeHandle itself refuses only when the last use has ended, which among calls that overlap is never.</summary>
        private volatile bool disposed;

        /// <summary>Made before the call that fills it, so that no pointer is lost when memory runs out.</summary>
        protected NativeHandle()
            : base(IntPtr.Zero, ownsHandle: true)
        {
        }

        /// <inheritdoc/>
        public override bool IsInvalid => handle == IntPtr.Zero;

        /// <summary>The class that a program knows, for <see cref="ObjectDisposedException.ObjectName"/>.</summary>
        protected abstract Type Owner { get; }

        /// <summary>Whether it takes no use any more, though one that has begun may still run.</summary>
        internal bool IsDisposed => disposed;

        /// <summary>Takes over what a call that succeeded handed out.</summary>
        internal virtual void Adopt(IntPtr pointer) => SetHandle(pointer);

        /// <summary>
        /// The pointer, which stays valid until <see cref="Release"/>. No `finally` stands around the call in between: nothing is
        /// thrown through C, and .NET calls more slowly out of a protected block.
        /// </summary>
        /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
        internal IntPtr Acquire()
        {
            if (disposed)
            {
                ThrowDisposed();
            }
            bool acquired = false;
            DangerousAddRef(ref acquired);
            return handle;
        }

        /// <summary>Ends a use; the last one after <see cref="SafeHandle.Dispose()"/> frees.</summary>
        internal void Release() => DangerousRelease();

        /// <inheritdoc/>
        protected override void Dispose(bool disposing)
        {
            disposed = true;
            base.Dispose(disposing);
        }

        /// <summary>Apart, so that <see cref="Acquire"/> is inlined.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private void ThrowDisposed() => throw new ObjectDisposedException(Owner.FullName);
    }

    /// <summary>A tb_histogram, and what belongs to the histogram on this side.</summary>
    internal sealed class HistogramHandle : NativeHandle
    {
        /// <summary>For a new histogram.</summary>
        internal HistogramHandle() => Watchers = new Watchers();

        /// <summary>For a histogram that another handle has.</summary>
        internal HistogramHandle(HistogramHandle other)
        {
            Watchers = other.Watchers;
            Weight = other.Weight;
        }

        /// <summary>Those of all handles to the same histogram.</summary>
        internal Watchers Watchers { get; }

        /// <summary>That of all handles to the same histogram; null before there is one.</summary>
        internal Weight? Weight { get; private set; }

        /// <inheritdoc/>
        protected override Type Owner => typeof(Histogram);

        /// <inheritdoc/>
        internal override unsafe void Adopt(IntPtr histogram)
        {
            base.Adopt(histogram);
            if (Weight == null)
            {
                Config config;
                Failure.Check(tb_histogram_config(histogram, &config));
                Weight = new Weight(Weight.Of(config));
            }
            Weight.Add();
        }

        /// <inheritdoc/>
        protected override bool ReleaseHandle()
        {
            tb_histogram_free(handle);
            Weight?.Remove();
            return true;
        }
    }

    // ANCHOR_END: handle
    /// <summary>A tb_buckets: a snapshot, which is as large as its histogram.</summary>
    internal sealed class CursorHandle : NativeHandle
    {
        private readonly Weight? weight;

        internal CursorHandle(HistogramHandle histogram) => weight = histogram.Weight?.Another();

        /// <inheritdoc/>
        protected override Type Owner => typeof(Cursor);

        /// <inheritdoc/>
        internal override void Adopt(IntPtr pointer)
        {
            base.Adopt(pointer);
            weight?.Add();
        }

        /// <inheritdoc/>
        protected override bool ReleaseHandle()
        {
            tb_buckets_free(handle);
            weight?.Remove();
            return true;
        }
    }

    /// <summary>A tb_watch. To free it does not end the watch.</summary>
    internal sealed class WatchHandle : NativeHandle
    {
        /// <inheritdoc/>
        protected override Type Owner => typeof(Watch);

        /// <inheritdoc/>
        protected override bool ReleaseHandle()
        {
            tb_watch_free(handle);
            return true;
        }
    }

    /// <summary>A tb_replay.</summary>
    internal sealed class ReplayHandle : NativeHandle
    {
        /// <inheritdoc/>
        protected override Type Owner => typeof(IntervalLog);

        /// <inheritdoc/>
        protected override bool ReleaseHandle()
        {
            tb_replay_free(handle);
            return true;
        }
    }

    /// <summary>A tb_log_writer. To free it closes the file.</summary>
    internal sealed class LogWriterHandle : NativeHandle
    {
        /// <inheritdoc/>
        protected override Type Owner => typeof(LogWriter);

        /// <inheritdoc/>
        protected override bool ReleaseHandle()
        {
            tb_log_writer_free(handle);
            return true;
        }
    }
}
