using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Tollbridge.Probes
{
    /// <summary>A flat record, laid out as C lays it out.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    [StructLayout(LayoutKind.Sequential)]
    public readonly struct Point
    {
        /// <summary>Makes a point of its four fields.</summary>
        public Point(ulong id, double x, double y, uint flags)
        {
            Id = id;
            X = x;
            Y = y;
            Flags = flags;
        }

        /// <summary>An integer of 64 bits.</summary>
        public ulong Id { get; }

        /// <summary>A float.</summary>
        public double X { get; }

        /// <summary>Another float.</summary>
        public double Y { get; }

        /// <summary>An integer of 32 bits, with padding behind it.</summary>
        public uint Flags { get; }
    }
}
