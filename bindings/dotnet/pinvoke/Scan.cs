using static Tollbridge.NativeMethods;

namespace Tollbridge
{
    /// <summary>Which buckets to walk: one of its nested classes. What is in it is checked when it is used.</summary>
    public abstract class Scan
    {
        private Scan()
        {
        }

        /// <summary>Every bucket that holds at least one value: what is walked when nothing else is said.</summary>
        public static Scan Recorded { get; } = new Every();

        /// <summary>tb_scan.</summary>
        internal abstract NativeScan Native { get; }

        /// <summary>Steps of equal width.</summary>
        public sealed class Linear : Scan
        {
            /// <summary>Makes the scan.</summary>
            /// <param name="step">Width of a step in the values' unit, from 1 to 2^62.</param>
            public Linear(ulong step) => Step = step;

            /// <summary>Width of a step in the values' unit.</summary>
            public ulong Step { get; }

            internal override NativeScan Native => new NativeScan { Kind = NativeScan.Linear, Step = Step };
        }

        /// <summary>Steps that widen by a factor.</summary>
        public sealed class Logarithmic : Scan
        {
            /// <summary>Makes the scan.</summary>
            /// <param name="first">Width of the first step in the values' unit, from 1 to 2^62.</param>
            /// <param name="base">Factor from a step's upper end to the next one's, finite and above 1.</param>
            public Logarithmic(ulong first, double @base)
            {
                First = first;
                Base = @base;
            }

            /// <summary>Width of the first step in the values' unit.</summary>
            public ulong First { get; }

            /// <summary>Factor from a step's upper end to the next one's.</summary>
            public double Base { get; }

            internal override NativeScan Native => new NativeScan { Kind = NativeScan.Logarithmic, Step = First, Base = Base };
        }

        /// <summary>Steps of equal rank, ever finer towards the maximum.</summary>
        public sealed class Quantiles : Scan
        {
            /// <summary>Makes the scan.</summary>
            /// <param name="ticks">Steps in each half of the distance that is left to 1.0, from 1 to 1000.</param>
            public Quantiles(uint ticks) => Ticks = ticks;

            /// <summary>Steps in each half of the distance that is left to 1.0.</summary>
            public uint Ticks { get; }

            internal override NativeScan Native => new NativeScan { Kind = NativeScan.Quantiles, Ticks = Ticks };
        }

        private sealed class Every : Scan
        {
            internal override NativeScan Native => new NativeScan { Kind = NativeScan.Recorded };
        }
    }
}
