using System;
using System.Runtime.InteropServices;

namespace Tollbridge
{
    /// <summary>The usual figures at one glance, in the values' own unit.</summary>
    [StructLayout(LayoutKind.Sequential)] // tb_summary: written by C
    public readonly struct Summary : IEquatable<Summary>
    {
        /// <summary>Makes one of its figures, all in the values' unit but the count.</summary>
        public Summary(
            ulong count, ulong min, ulong max, double mean, double standardDeviation, ulong p50, ulong p90, ulong p99, ulong p999)
        {
            Count = count;
            Min = min;
            Max = max;
            Mean = mean;
            StandardDeviation = standardDeviation;
            P50 = p50;
            P90 = p90;
            P99 = p99;
            P999 = p999;
        }

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

        /// <summary>Whether all figures are equal.</summary>
        public static bool operator ==(Summary left, Summary right) => left.Equals(right);

        /// <summary>Whether any figure differs.</summary>
        public static bool operator !=(Summary left, Summary right) => !left.Equals(right);

        /// <inheritdoc/>
        public bool Equals(Summary other) =>
            (Count, Min, Max, P50, P90, P99, P999) == (other.Count, other.Min, other.Max, other.P50, other.P90, other.P99, other.P999)
            && Mean.Equals(other.Mean)
            && StandardDeviation.Equals(other.StandardDeviation);

        /// <inheritdoc/>
        public override bool Equals(object? obj) => obj is Summary other && Equals(other);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(Count, Min, Max, Mean, StandardDeviation, P50, P99, P999);

        /// <inheritdoc/>
        public override string ToString() => FormattableString.Invariant(
            $"{Count} values from {Min} to {Max}, mean {Mean} ± {StandardDeviation}, p50 {P50}, p90 {P90}, p99 {P99}, p99.9 {P999}");
    }
}
