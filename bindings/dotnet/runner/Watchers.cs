#if HISTOGRAM
using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;

namespace Tollbridge.Runner
{
    /// <summary>The operations on watchers.</summary>
    internal static class WatcherOperations
    {
        // Before the table: its rows use them.
        private static readonly Names<Watcher> Watchers = new Names<Watcher>();

        internal static readonly Dictionary<string, Operation> All = new Dictionary<string, Operation>
        {
            ["watch"] = Watch,
            ["unwatch"] = (q, r) => Watchers.Find(q.Word())?.Watch?.Unwatch(),
            ["fired"] = (q, r) => r.List(Watchers[q.Word()].Values.OrderBy(value => value).ToList(), value => r.Put(value)),
            ["dropped"] = (q, r) => r.Put(Watchers[q.Word()].IsDropped() ? 1UL : 0),
        };

        /// <summary>A watcher's exception arrives here, as it should; all others are printed.</summary>
        internal static void ReportFailures() => Histogram.WatcherFailed += (_, failure) =>
        {
            if (!(failure.Exception is VisitorException))
            {
                Console.Error.WriteLine(failure.Exception);
            }
        };

        internal static void Reset() => Watchers.Clear();

        private static void Watch(Request q, Reply r)
        {
            var watcher = Watchers[q.Word()] = new Watcher();
            Histogram histogram = HistogramOperations.Named(q);
            ulong limit = q.Integer();
            string mode = q.IsAtEnd ? "all" : q.Word();
            watcher.Begin(histogram, limit, mode, mode == "do" ? q.Block() : new List<string[]>());
        }

        /// <summary>What a vector knows of a watcher.</summary>
        private sealed class Watcher
        {
            private WeakReference callback = new WeakReference(null);

            internal ConcurrentBag<ulong> Values { get; } = new ConcurrentBag<ulong>();

            /// <summary>Null until it is given, and when it is refused.</summary>
            internal Watch? Watch { get; private set; }

            /// <summary>On a frame of its own, so that nothing here keeps the callback alive.</summary>
            [MethodImpl(MethodImplOptions.NoInlining)]
            internal void Begin(Histogram histogram, ulong limit, string mode, List<string[]> block)
            {
                bool Called(ulong value)
                {
                    Values.Add(value);
                    switch (mode)
                    {
                        case "raise":
                            throw new VisitorException();
                        case "do":
                            Program.Run(block);
                            return true;
                        default:
                            return mode != "stop";
                    }
                }

                Func<ulong, bool> called = Called;
                callback = new WeakReference(called);
                Watch = histogram.WatchWhile(limit, called);
            }

            /// <summary>Whether the library let go of the callback, so that it could be collected.</summary>
            internal bool IsDropped()
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                GC.Collect();
                return !callback.IsAlive;
            }
        }
    }
}
#endif
