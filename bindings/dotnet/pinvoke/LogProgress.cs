using System;
using System.Runtime.InteropServices;

namespace Tollbridge
{
    /// <summary>How far a replay is.</summary>
    [StructLayout(LayoutKind.Sequential)] // tb_progress: written by C
    public readonly struct LogProgress : IEquatable<LogProgress>
    {
        /// <summary>Makes one of its three figures.</summary>
        /// <param name="bytes">Bytes of the file that were read so far.</param>
        /// <param name="total">The file's size in bytes; 0 when it has none.</param>
        /// <param name="intervals">Histograms that were read so far.</param>
        public LogProgress(ulong bytes, ulong total, ulong intervals)
        {
            Bytes = bytes;
            Total = total;
            Intervals = intervals;
        }

        /// <summary>Bytes of the file that were read so far; compressed ones when it is compressed.</summary>
        public ulong Bytes { get; }

        /// <summary>The file's size in bytes; 0 when it has none, as a pipe.</summary>
        public ulong Total { get; }

        /// <summary>Histograms that were read so far.</summary>
        public ulong Intervals { get; }

        /// <summary>The share that was read, from 0 to 1; null when the file has no size.</summary>
        public double? Fraction => Total == 0 ? (double?)null : Math.Min(1, (double)Bytes / Total);

        /// <summary>Whether all figures are equal.</summary>
        public static bool operator ==(LogProgress left, LogProgress right) => left.Equals(right);

        /// <summary>Whether any figure differs.</summary>
        public static bool operator !=(LogProgress left, LogProgress right) => !left.Equals(right);

        /// <inheritdoc/>
        public bool Equals(LogProgress other) => Bytes == other.Bytes && Total == other.Total && Intervals == other.Intervals;

        /// <inheritdoc/>
        public override bool Equals(object? obj) => obj is LogProgress other && Equals(other);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(Bytes, Total, Intervals);

        /// <inheritdoc/>
        public override string ToString() => FormattableString.Invariant($"{Bytes} of {Total} bytes, {Intervals} histograms");
    }
}
