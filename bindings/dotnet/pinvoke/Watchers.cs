using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Threading;
#if NET5_0_OR_GREATER
using System.Runtime.CompilerServices;
#endif

namespace Tollbridge
{
    /// <summary>
    /// The watchers of one histogram, owned by all its handles together. C has only a weak handle to each: so the collector sees
    /// every reference, and a watcher that refers to its own histogram is collected with it.
    /// </summary>
    internal sealed class Watchers
    {
        /// <summary>Null until there is one, as in most histograms.</summary>
        private HashSet<Watcher>? owned;

        /// <summary>Owns a watcher from now on, and answers the `user` for C, whose destructor frees it.</summary>
        internal IntPtr Add(Func<ulong, bool> callback, Delegate given)
        {
            var watcher = new Watcher(this, callback, given);
            Enter();
            try
            {
                owned ??= new HashSet<Watcher>();
                owned.Add(watcher);
            }
            finally
            {
                Monitor.Exit(this);
            }
            // Until finalizers have run: one of them may still record.
            return GCHandle.ToIntPtr(GCHandle.Alloc(watcher, GCHandleType.WeakTrackResurrection));
        }

        /// <summary>Lets go of a watcher.</summary>
        internal void Remove(Watcher watcher)
        {
            Enter();
            try
            {
                owned?.Remove(watcher);
            }
            finally
            {
                Monitor.Exit(this);
            }
        }

        /// <summary>
        /// As `lock`, but an interrupt of this thread waits for its next wait: here it would be thrown into Rust, which is what called.
        /// </summary>
        private void Enter()
        {
            bool interrupted = false, entered = false;
            while (!entered)
            {
                try
                {
                    Monitor.Enter(this, ref entered);
                }
                catch (ThreadInterruptedException)
                {
                    interrupted = true;
                }
            }
            if (interrupted)
            {
                Thread.CurrentThread.Interrupt();
            }
        }
    }

    /// <summary>A tb_watcher and its tb_destructor.</summary>
    internal sealed class Watcher
    {
        private const int GoOn = 0, Stop = 1;

        private readonly Watchers owner;
        private readonly Func<ulong, bool> callback;
        private readonly Delegate given;

        /// <summary>`given` is what the user knows the callback by.</summary>
        internal Watcher(Watchers owner, Func<ulong, bool> callback, Delegate given)
        {
            this.owner = owner;
            this.callback = callback;
            this.given = given;
        }

#if NET5_0_OR_GREATER
        internal static unsafe IntPtr Trampoline => (IntPtr)(delegate* unmanaged[Cdecl]<IntPtr, ulong, int>)&Called;

        internal static unsafe IntPtr Destructor => (IntPtr)(delegate* unmanaged[Cdecl]<IntPtr, void>)&Dropped;

        [UnmanagedCallersOnly(CallConvs = new[] { typeof(CallConvCdecl) })]
        private static int Called(IntPtr user, ulong value) => Tell(user, value);

        [UnmanagedCallersOnly(CallConvs = new[] { typeof(CallConvCdecl) })]
        private static void Dropped(IntPtr user) => LetGo(user);
#else
        private static readonly NativeWatcher KeptAlive = Tell;
        private static readonly NativeDestructor AlsoKeptAlive = LetGo;

        internal static readonly IntPtr Trampoline = Marshal.GetFunctionPointerForDelegate(KeptAlive);

        internal static readonly IntPtr Destructor = Marshal.GetFunctionPointerForDelegate(AlsoKeptAlive);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        private delegate int NativeWatcher(IntPtr user, ulong value);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        private delegate void NativeDestructor(IntPtr user);

        [MonoPInvokeCallback(typeof(NativeWatcher))]
#endif
        private static int Tell(IntPtr user, ulong value)
        {
            if (!(GCHandle.FromIntPtr(user).Target is Watcher watcher))
            {
                return Stop;
            }
            try
            {
                return watcher.callback(value) ? GoOn : Stop;
            }
            catch (Exception exception)
            {
                Histogram.Report(watcher.given, new WatcherFailedEventArgs(exception, value));
                return GoOn;
            }
        }

        /// <summary>Nothing is there any more when the collector took the last handle and the watcher with it.</summary>
#if !NET5_0_OR_GREATER
        [MonoPInvokeCallback(typeof(NativeDestructor))]
#endif
        private static void LetGo(IntPtr user)
        {
            GCHandle weak = GCHandle.FromIntPtr(user);
            if (weak.Target is Watcher watcher)
            {
                watcher.owner.Remove(watcher);
            }
            weak.Free();
        }
    }
}
