using System;
using System.Runtime.InteropServices;

namespace Tollbridge
{
    /// <summary>One step of a <see cref="Scan"/>.</summary>
    [StructLayout(LayoutKind.Sequential)] // tb_bucket: written by C
    public readonly struct Bucket : IEquatable<Bucket>
    {
        /// <summary>Makes a bucket of its three figures.</summary>
        /// <param name="value">The highest value of the step, in the values' unit.</param>
        /// <param name="count">How many values were recorded in this step.</param>
        /// <param name="total">How many were recorded up to the end of this step.</param>
        public Bucket(ulong value, ulong count, ulong total)
        {
            Value = value;
            Count = count;
            Total = total;
        }

        /// <summary>The highest value of the step, in the values' unit.</summary>
        public ulong Value { get; }

        /// <summary>How many values were recorded in this step.</summary>
        public ulong Count { get; }

        /// <summary>How many were recorded up to the end of this step.</summary>
        public ulong Total { get; }

        /// <summary>Whether all figures are equal.</summary>
        public static bool operator ==(Bucket left, Bucket right) => left.Equals(right);

        /// <summary>Whether any figure differs.</summary>
        public static bool operator !=(Bucket left, Bucket right) => !left.Equals(right);

        /// <summary>The three figures, for <c>var (value, count, total) = bucket</c>.</summary>
        public void Deconstruct(out ulong value, out ulong count, out ulong total)
        {
            value = Value;
            count = Count;
            total = Total;
        }

        /// <inheritdoc/>
        public bool Equals(Bucket other) => Value == other.Value && Count == other.Count && Total == other.Total;

        /// <inheritdoc/>
        public override bool Equals(object? obj) => obj is Bucket other && Equals(other);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(Value, Count, Total);

        /// <inheritdoc/>
        public override string ToString() => FormattableString.Invariant($"up to {Value}: {Count} of {Total}");
    }
}
