using System;
using System.Collections.Generic;
using System.Diagnostics;

namespace Tollbridge.Runner
{
    /// <summary>The operations on what is timed.</summary>
    internal static class Timed
    {
        internal static readonly Dictionary<string, Operation> All = new Dictionary<string, Operation>
        {
            ["shapes"] = (q, r) => r.List(Loops.All, loop => r.Word(loop.Key).Put(loop.Value.Expression)),
            ["time"] = Time,
        };

        private static void Time(Request q, Reply r)
        {
            if (!Loops.All.TryGetValue(q.Word(), out Loop? loop))
            {
                r.Instead = "unsupported shape";
                return;
            }
            Timing timing = loop.Run(q.Length(), checked((long)q.Integer()), q.Length());
            if (Environment.GetEnvironmentVariable("TOLL_COUNTS") != null)
            {
                // What then still lives has leaked. What a finalizer holds goes with the second collection.
                GC.Collect();
                GC.WaitForPendingFinalizers();
                GC.Collect();
            }
            r.List(timing.Batches, ticks => r.Put((ulong)(ticks * (1e9 / Stopwatch.Frequency)))).Put((ulong)timing.Check);
        }
    }
}
