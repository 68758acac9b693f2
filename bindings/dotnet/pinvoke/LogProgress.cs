using System.Runtime.InteropServices;

namespace Tollbridge
{
    /// <summary>How far a replay is.</summary>
    [StructLayout(LayoutKind.Sequential)] // tb_progress: written by C
    public readonly struct LogProgress
    {
        /// <summary>Bytes of the file that were read so far; compressed ones when it is compressed.</summary>
        public ulong Bytes { get; }

        /// <summary>The file's size in bytes; 0 when it has none, as a pipe.</summary>
        public ulong Total { get; }

        /// <summary>Histograms that were read so far.</summary>
        public ulong Intervals { get; }

        /// <summary>The share that was read, from 0 to 1; null when the file has no size.</summary>
        public double? Fraction => Total == 0 ? (double?)null : System.Math.Min(1, (double)Bytes / Total);
    }
}
