using System;
using System.Runtime.InteropServices;
#if NET5_0_OR_GREATER
using System.Runtime.CompilerServices;
#endif
using static Tollbridge.NativeMethods;

namespace Tollbridge
{
    /// <summary>A tb_probe_callback.</summary>
    internal sealed unsafe class ProbeCallback : Callback
    {
        private readonly Func<ulong, ulong?> answer;

        internal ProbeCallback(Func<ulong, ulong?> answer) => this.answer = answer;

#if NET5_0_OR_GREATER
        internal static IntPtr Trampoline => (IntPtr)(delegate* unmanaged[Cdecl]<IntPtr, ulong, ulong*, int>)&Called;

        [UnmanagedCallersOnly(CallConvs = new[] { typeof(CallConvCdecl) })]
        private static int Called(IntPtr user, ulong number, ulong* result) => Answer(user, number, result);
#else
        private static readonly Native KeptAlive = Answer;

        internal static readonly IntPtr Trampoline = Marshal.GetFunctionPointerForDelegate(KeptAlive);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        private delegate int Native(IntPtr user, ulong number, ulong* result);

        [MonoPInvokeCallback(typeof(Native))]
#endif
        private static int Answer(IntPtr user, ulong number, ulong* result)
        {
            var callback = (ProbeCallback)At(user);
            try
            {
                ulong? answer = callback.answer(number);
                *result = answer.GetValueOrDefault();
                return answer.HasValue ? GoOn : Stop;
            }
            catch (Exception exception)
            {
                return callback.Keep(exception);
            }
        }
    }
}
