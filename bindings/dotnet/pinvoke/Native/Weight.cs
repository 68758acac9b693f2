using System;
using System.Threading;
using static Tollbridge.NativeMethods;

namespace Tollbridge
{
    /// <summary>
    /// What the collector is told of native memory, as long as any handle to it lives. It sees small objects alone: without this it would
    /// let many pile up, and the program end for lack of memory before it collects the first.
    /// </summary>
    internal sealed class Weight
    {
        /// <summary>What there is besides counts, and what the smallest histogram weighs.</summary>
        private const long Least = 1024;

        private readonly long bytes;
        private int handles;

        internal Weight(long bytes) => this.bytes = bytes;

        /// <summary>How many there are.</summary>
        internal int Handles => Volatile.Read(ref handles);

        /// <summary>That of something else which is as large.</summary>
        internal Weight Another() => new Weight(bytes);

        /// <summary>One handle more.</summary>
        internal void Add()
        {
            if (Interlocked.Increment(ref handles) == 1)
            {
                Pressure.Change(bytes);
            }
        }

        /// <summary>One handle less.</summary>
        internal void Remove()
        {
            if (Interlocked.Decrement(ref handles) == 0)
            {
                Pressure.Change(-bytes);
            }
        }

        /// <summary>
        /// Bytes of a histogram's counts, of which there are as many as HdrHistogram says: 8 bytes for each value that is kept apart up to
        /// a power of two, then for half as many each time that the range doubles. A histogram never grows.
        /// </summary>
        internal static long Of(in Config config)
        {
            ulong apart = 2;
            for (int digit = 0; digit < config.SignificantDigits; digit++)
            {
                apart *= 10;
            }
            ulong parts = 2;
            while (parts < apart)
            {
                parts *= 2;
            }
            ulong unit = 1;
            while (unit <= config.Lowest / 2)
            {
                unit *= 2;
            }
            long halves = 2;
            for (ulong reached = config.Highest / unit; reached >= parts; reached /= 2)
            {
                halves++;
            }
            return Least + halves * (long)(parts / 2) * sizeof(ulong);
        }
    }

    /// <summary>
    /// What all weights of the process come to, told to the collector in steps. It adds up what it is told of, whatever is taken back in
    /// between: told of each histogram, it would collect again and again in a program that disposes of all of them in time.
    /// </summary>
    internal static class Pressure
    {
        private const long Step = 16 << 20;

        private static long total;
        private static long told;

        /// <summary>What the collector knows of, at most a few steps from what there is.</summary>
        internal static long Told => Volatile.Read(ref told);

        /// <summary>So many bytes more, or less. No lock: it runs in finalizers, and an interrupt of the thread must not be thrown here.</summary>
        internal static void Change(long bytes)
        {
            long now = Interlocked.Add(ref total, bytes);
            long before = Volatile.Read(ref told);
            bool more = now >= before + Step, less = now <= before - 2 * Step;
            // Where another thread is telling it, that is enough.
            if ((more || less) && Interlocked.CompareExchange(ref told, now, before) == before)
            {
                if (more)
                {
                    GC.AddMemoryPressure(now - before);
                }
                else
                {
                    GC.RemoveMemoryPressure(before - now);
                }
            }
        }
    }
}
