using System;
using static Tollbridge.NativeMethods;

namespace Tollbridge.Probes
{
    /// <summary>Faults on purpose, for tests. Any thread may call anything.</summary>
    public static unsafe class Fault
    {
        /// <summary>Panics in Rust.</summary>
        /// <exception cref="PanicException">Always, with this text.</exception>
        /// <exception cref="InvalidTextException">The text has a lone surrogate.</exception>
        public static void Panic(string text)
        {
            var utf8 = new Utf8(text ?? throw new ArgumentNullException(nameof(text)), stackalloc byte[Utf8.OnStack]);
            fixed (byte* data = utf8.Bytes)
            {
                Failure.Check(tb_fault_panic(data, (UIntPtr)utf8.Bytes.Length));
            }
        }

        /// <summary>Panics half-way through a change, with the lock held: from then on the histogram is poisoned.</summary>
        /// <exception cref="PanicException">Always.</exception>
        public static void PanicWhileLocked(Histogram histogram)
        {
            HistogramHandle handle = Histogram.HandleOf(histogram);
            IntPtr error = tb_fault_panic_while_locked(handle.Acquire());
            handle.Release();
            Failure.Check(error);
        }

        /// <summary>An object whose destructor panics, which nobody can be told of: Rust writes a line to stderr.</summary>
        public sealed class PanicsWhenDropped : IDisposable
        {
            private readonly FaultHandle handle = new FaultHandle();

            /// <summary>Makes one.</summary>
            public PanicsWhenDropped()
            {
                IntPtr faulty;
                Failure.Check(tb_fault_panics_when_dropped_new(&faulty));
                handle.Adopt(faulty);
            }

            /// <summary>Runs the destructor.</summary>
            public void Dispose() => handle.Dispose();
        }
    }

    /// <summary>A tb_fault_panics_when_dropped.</summary>
    internal sealed class FaultHandle : NativeHandle
    {
        /// <inheritdoc/>
        protected override Type Owner => typeof(Fault.PanicsWhenDropped);

        /// <inheritdoc/>
        protected override bool ReleaseHandle()
        {
            tb_fault_panics_when_dropped_free(handle);
            return true;
        }
    }
}
