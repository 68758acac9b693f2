using System;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
#if NET5_0_OR_GREATER
using System.Runtime.CompilerServices;
#endif

namespace Tollbridge
{
    /// <summary>A callback under way. C calls the trampoline, which lives as long as the process; `user` leads to this object.</summary>
    internal sealed unsafe class Callback : IDisposable
    {
        private readonly Func<ulong, ulong?> answer;
        private ExceptionDispatchInfo? thrown;
        private GCHandle self;

        internal Callback(Func<ulong, ulong?> answer)
        {
            this.answer = answer;
            self = GCHandle.Alloc(this);
        }

        internal IntPtr User => GCHandle.ToIntPtr(self);

        /// <summary>Frees the way back to it. C must have returned.</summary>
        public void Dispose() => self.Free();

        /// <summary>Throws again what the callback threw.</summary>
        internal void Rethrow() => thrown?.Throw();

#if NET5_0_OR_GREATER
        internal static IntPtr Trampoline => (IntPtr)(delegate* unmanaged[Cdecl]<IntPtr, ulong, ulong*, int>)&Call;

        [UnmanagedCallersOnly(CallConvs = new[] { typeof(CallConvCdecl) })]
        private static int Call(IntPtr user, ulong number, ulong* result) => Answer(user, number, result);
#else
        private static readonly Native KeptAlive = Answer;

        internal static readonly IntPtr Trampoline = Marshal.GetFunctionPointerForDelegate(KeptAlive);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        private delegate int Native(IntPtr user, ulong number, ulong* result);
#endif

        /// <summary>0 goes on. An exception must not cross C's frames: it is kept for the caller.</summary>
        private static int Answer(IntPtr user, ulong number, ulong* result)
        {
            var callback = (Callback)GCHandle.FromIntPtr(user).Target!;
            try
            {
                ulong? answer = callback.answer(number);
                *result = answer ?? 0;
                return answer == null ? 1 : 0;
            }
            catch (Exception exception)
            {
                callback.thrown = ExceptionDispatchInfo.Capture(exception);
                return 1;
            }
        }
    }
}
