using System;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
#if NET5_0_OR_GREATER
using System.Runtime.CompilerServices;
#endif
using static Tollbridge.NativeMethods;

namespace Tollbridge
{
    // ANCHOR: callback
    /// <summary>
    /// A callback for the length of a call. C calls the trampoline of its type, of which there is one that lives as long as the
    /// process; <see cref="User"/> leads it to this object. No exception passes through Rust: it is kept, the callback answers stop,
    /// and the very same one is thrown once Rust has returned.
    /// </summary>
    internal abstract class Callback : IDisposable
    {
        /// <summary>What a callback answers.</summary>
        protected const int GoOn = 0, Stop = 1;

        private ExceptionDispatchInfo? thrown;
        private GCHandle self;

        protected Callback() => self = GCHandle.Alloc(this);

        internal IntPtr User => GCHandle.ToIntPtr(self);

        /// <summary>Frees the way back to it. Rust must have returned.</summary>
        public void Dispose() => self.Free();

        /// <summary>Throws again what the callback threw, else what the call answered.</summary>
        internal void Check(IntPtr error)
        {
            if (thrown != null)
            {
                tb_error_free(error);
                thrown.Throw();
            }
            Failure.Check(error);
        }

        /// <summary>The object that `user` leads to.</summary>
        protected static object At(IntPtr user) => GCHandle.FromIntPtr(user).Target!;

        /// <summary>Keeps what was thrown, and stops.</summary>
        protected int Keep(Exception exception)
        {
            thrown = ExceptionDispatchInfo.Capture(exception);
            return Stop;
        }
    }

    // ANCHOR_END: callback
    /// <summary>A tb_bucket_visitor.</summary>
    internal sealed unsafe class VisitorCallback : Callback
    {
        private readonly Func<Bucket, bool> visitor;

        internal VisitorCallback(Func<Bucket, bool> visitor) => this.visitor = visitor;

#if NET5_0_OR_GREATER
        internal static IntPtr Trampoline => (IntPtr)(delegate* unmanaged[Cdecl]<IntPtr, Bucket*, int>)&Called;

        [UnmanagedCallersOnly(CallConvs = new[] { typeof(CallConvCdecl) })]
        private static int Called(IntPtr user, Bucket* bucket) => Visit(user, bucket);
#else
        private static readonly Native KeptAlive = Visit;

        internal static readonly IntPtr Trampoline = Marshal.GetFunctionPointerForDelegate(KeptAlive);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        private delegate int Native(IntPtr user, Bucket* bucket);

        [MonoPInvokeCallback(typeof(Native))]
#endif
        private static int Visit(IntPtr user, Bucket* bucket)
        {
            var callback = (VisitorCallback)At(user);
            try
            {
                return callback.visitor(*bucket) ? GoOn : Stop;
            }
            catch (Exception exception)
            {
                return callback.Keep(exception);
            }
        }
    }

    /// <summary>A tb_progress_visitor.</summary>
    internal sealed unsafe class ProgressCallback : Callback
    {
        private readonly Func<LogProgress, bool> progress;

        internal ProgressCallback(Func<LogProgress, bool> progress) => this.progress = progress;

#if NET5_0_OR_GREATER
        internal static IntPtr Trampoline => (IntPtr)(delegate* unmanaged[Cdecl]<IntPtr, LogProgress*, int>)&Called;

        [UnmanagedCallersOnly(CallConvs = new[] { typeof(CallConvCdecl) })]
        private static int Called(IntPtr user, LogProgress* progress) => Report(user, progress);
#else
        private static readonly Native KeptAlive = Report;

        internal static readonly IntPtr Trampoline = Marshal.GetFunctionPointerForDelegate(KeptAlive);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        private delegate int Native(IntPtr user, LogProgress* progress);

        [MonoPInvokeCallback(typeof(Native))]
#endif
        private static int Report(IntPtr user, LogProgress* progress)
        {
            var callback = (ProgressCallback)At(user);
            try
            {
                return callback.progress(*progress) ? GoOn : Stop;
            }
            catch (Exception exception)
            {
                return callback.Keep(exception);
            }
        }
    }

#if !NET5_0_OR_GREATER
    /// <summary>Unity compiles ahead of time, and looks for this name to know what C may call.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    internal sealed class MonoPInvokeCallbackAttribute : Attribute
    {
        internal MonoPInvokeCallbackAttribute(Type type) => DelegateType = type;

        internal Type DelegateType { get; }
    }
#endif
}
