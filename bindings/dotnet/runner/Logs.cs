#if HISTOGRAM
using System;
using System.Collections.Generic;
using System.Linq;

namespace Tollbridge.Runner
{
    /// <summary>The operations on interval logs.</summary>
    internal static class LogOperations
    {
        // Before the table: its rows use them.
        private static readonly Names<IReadOnlyDictionary<string, Histogram>> Replays = new Names<IReadOnlyDictionary<string, Histogram>>();
        private static readonly Names<LogWriter> Writers = new Names<LogWriter>();

        internal static readonly Dictionary<string, Operation> All = new Dictionary<string, Operation>
        {
            ["replay"] = Replay,
            ["replayed"] = Replayed,
            ["log_create"] = (q, r) => Writers[q.Word()] = new LogWriter(q.Text(), q.Real()),
            ["log_write"] = (q, r) => Writers[q.Word()].Write(HistogramOperations.Named(q), q.Real(), q.Real()),
            ["log_close"] = (q, r) => Writers[q.Word()].Dispose(),
        };

        internal static void Reset()
        {
            Replays.Clear();
            Writers.Clear();
        }

        private static void Replay(Request q, Reply r)
        {
            string name = q.Word(), path = q.Text();
            ulong memoryLimit = q.Skips("memory_limit") ? q.Integer() : 0;
            var steps = new Steps(q);
            string end = steps.Run(step =>
            {
                Replays[name] = IntervalLog.Replay(path, progress => step(), memoryLimit: memoryLimit);
                return true;
            });
            r.Word(end);
            if (end == "finished")
            {
                IEnumerable<string> tags = Replays[name].Keys.OrderBy(tag => tag, StringComparer.Ordinal);
                r.List(tags.ToList(), tag => r.Put(tag).Put(Replays[name][tag].Count));
                steps.PutNested(r);
            }
        }

        private static void Replayed(Request q, Reply r)
        {
            IReadOnlyDictionary<string, Histogram> replayed = Replays[q.Word()];
            string tag = q.Text();
            HistogramOperations.Histograms[q.Word()] = replayed[tag].Share();
        }
    }
}
#endif
