using System;
using System.Runtime.InteropServices;

namespace Tollbridge
{
    /// <summary>The usual figures at one glance, in the values' own unit.</summary>
    [StructLayout(LayoutKind.Sequential)] // tb_summary: written by C
    public readonly struct Summary
    {
        /// <summary>How many values were recorded.</summary>
        public ulong Count { get; }

        /// <summary>The low end of the lowest value's bucket.</summary>
        public ulong Min { get; }

        /// <summary>The high end of the highest value's bucket.</summary>
        public ulong Max { get; }

        /// <summary>Arithmetic mean.</summary>
        public double Mean { get; }

        /// <summary>Standard deviation of the whole population.</summary>
        public double StandardDeviation { get; }

        /// <summary>Median.</summary>
        public ulong P50 { get; }

        /// <summary>90th percentile.</summary>
        public ulong P90 { get; }

        /// <summary>99th percentile.</summary>
        public ulong P99 { get; }

        /// <summary>99.9th percentile.</summary>
        public ulong P999 { get; }

        /// <inheritdoc/>
        public override string ToString() => FormattableString.Invariant(
            $"{Count} values from {Min} to {Max}, mean {Mean} ± {StandardDeviation}, p50 {P50}, p90 {P90}, p99 {P99}, p99.9 {P999}");
    }
}
