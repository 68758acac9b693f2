using System;
using static Tollbridge.NativeMethods;

namespace Tollbridge
{
    /// <summary>
    /// Stands for a watcher, and can end it. It keeps neither watcher nor histogram alive, and need not be kept: a watch whose object
    /// was collected goes on. Any number of threads may use one.
    /// </summary>
    public sealed unsafe class Watch : IDisposable
    {
        // Disposed of by its finalizer alone, so that ending a watch twice, or on two threads, is no error.
        private readonly WatchHandle handle;

        internal Watch(WatchHandle handle) => this.handle = handle;

        /// <summary>
        /// Ends the watch, and says whether this call did: false when it had ended before, by whatever way. It does not wait: a call
        /// that another thread has begun may end later. The watcher itself may call this, and it works after its histogram was
        /// disposed of.
        /// </summary>
        /// <returns>Whether this call ended the watch.</returns>
        public bool Unwatch()
        {
            byte ended;
            IntPtr error = tb_watch_end(handle.Acquire(), &ended);
            handle.Release();
            Failure.Check(error);
            return ended != 0;
        }

        /// <summary><see cref="Unwatch"/>, for <c>using</c>.</summary>
        public void Dispose() => Unwatch();
    }

    /// <summary>An exception that a watcher threw, for <see cref="Histogram.WatcherFailed"/>.</summary>
    public sealed class WatcherFailedEventArgs : EventArgs
    {
        /// <summary>Makes one, as a test of a listener may do.</summary>
        /// <param name="exception">What was thrown.</param>
        /// <param name="value">What the watcher was told.</param>
        public WatcherFailedEventArgs(Exception exception, ulong value)
        {
            Exception = exception;
            Value = value;
        }

        /// <summary>What it threw.</summary>
        public Exception Exception { get; }

        /// <summary>The value that it was told of, which is recorded.</summary>
        public ulong Value { get; }
    }
}
