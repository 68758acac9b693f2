#if HISTOGRAM
using System;
using System.Collections.Generic;
using System.Linq;

namespace Tollbridge.Runner
{
    /// <summary>The operations on histograms and cursors.</summary>
    internal static class HistogramOperations
    {
        // Before the table: its rows use them.
        internal static readonly Names<Histogram> Histograms = new Names<Histogram>();

        private static readonly Names<Cursor> Cursors = new Names<Cursor>();

        internal static readonly Dictionary<string, Operation> All = new Dictionary<string, Operation>
        {
            ["new"] = (q, r) => Histograms[q.Word()] = new Histogram(q.Integer(), q.Integer(), q.Length()),
            ["config"] = Config,
            ["clone"] = Clone,
            ["close"] = (q, r) => Named(q).Dispose(),
            ["record"] = (q, r) => Named(q).Record(q.Integer()),
            ["record_n"] = (q, r) => Named(q).RecordN(q.Integer(), q.Integer()),
            ["record_all"] = (q, r) => Named(q).RecordAll(q.List(q.Integer)),
            ["record_durations"] = (q, r) => r.Put(Named(q).RecordDurations(q.Text())),
            ["len"] = (q, r) => r.Put(Named(q).Count),
            ["is_empty"] = (q, r) => r.Put(Named(q).IsEmpty),
            ["min"] = (q, r) => r.Put(Named(q).Min),
            ["max"] = (q, r) => r.Put(Named(q).Max),
            ["mean"] = (q, r) => r.Put(Named(q).Mean),
            ["stdev"] = (q, r) => r.Put(Named(q).StandardDeviation),
            ["value_at_quantile"] = (q, r) => r.Put(Named(q).ValueAtQuantile(q.Real())),
            ["values_at_quantiles"] = ValuesAtQuantiles,
            ["summary"] = (q, r) => r.Option(Named(q).GetSummary(), summary => Put(r, summary)),
            ["buckets"] = (q, r) => r.List(Named(q).Buckets(Scan(q)).ToList(), bucket => Put(r, bucket)),
            ["open"] = Open,
            ["next"] = Next,
            ["close_cursor"] = (q, r) => Cursors[q.Word()].Dispose(),
            ["visit"] = Visit,
            ["tag"] = (q, r) => r.Put(Named(q).Tag),
            ["set_tag"] = (q, r) => Named(q).Tag = q.Text(),
            ["merge"] = (q, r) => Named(q).Merge(Named(q)),
            ["encode"] = (q, r) => r.Put(Named(q).Encode()),
            ["decode"] = (q, r) => Histograms[q.Word()] = Histogram.Decode(q.Bytes()),
            ["recode"] = Recode,
            ["render"] = (q, r) => r.Put(Named(q).Render(q.Length(), q.Real())),
        };

        internal static void Reset()
        {
            Histograms.Clear();
            Cursors.Clear();
        }

        /// <summary>The histogram that the request names next.</summary>
        internal static Histogram Named(Request q) => Histograms[q.Word()];

        private static Scan Scan(Request q) => q.Word() switch
        {
            "recorded" => Tollbridge.Scan.Recorded,
            "linear" => new Scan.Linear(q.Integer()),
            "logarithmic" => new Scan.Logarithmic(q.Integer(), q.Real()),
            "quantiles" => new Scan.Quantiles(checked((uint)q.Integer())),
            _ => throw new MalformedException("not a scan"),
        };

        private static void Put(Reply r, Bucket bucket) => r.Put(bucket.Value).Put(bucket.Count).Put(bucket.Total);

        private static void Put(Reply r, Summary summary) => r
            .Put(summary.Count)
            .Put(summary.Min)
            .Put(summary.Max)
            .Put(summary.Mean)
            .Put(summary.StandardDeviation)
            .Put(summary.P50)
            .Put(summary.P90)
            .Put(summary.P99)
            .Put(summary.P999);

        private static void Config(Request q, Reply r)
        {
            Histogram histogram = Named(q);
            r.Put(histogram.Lowest).Put(histogram.Highest).Put((ulong)histogram.SignificantDigits);
        }

        private static void Clone(Request q, Reply r)
        {
            Histogram original = Named(q);
            Histograms[q.Word()] = original.Share();
        }

        private static void Recode(Request q, Reply r)
        {
            Histogram original = Named(q);
            Histograms[q.Word()] = Histogram.Decode(original.Encode());
        }

        private static void ValuesAtQuantiles(Request q, Reply r)
        {
            ulong[]? values = Named(q).ValuesAtQuantiles(q.List(q.Real));
            r.Word(values == null ? "none" : "some");
            if (values != null)
            {
                r.List(values, value => r.Put(value));
            }
        }

        private static void Open(Request q, Reply r)
        {
            string name = q.Word();
            Cursors[name] = Named(q).OpenCursor(Scan(q));
        }

        private static void Next(Request q, Reply r)
        {
            Cursor cursor = Cursors[q.Word()];
            var buckets = new Bucket[q.Length()];
            int count = cursor.Next(buckets);
            r.List(buckets[..count], bucket => Put(r, bucket));
        }

        private static void Visit(Request q, Reply r)
        {
            Histogram histogram = Named(q);
            Scan scan = Scan(q);
            var steps = new Steps(q);
            var seen = new List<Bucket>();
            string end = steps.Run(
                step => histogram.ForEachBucket(
                    bucket =>
                    {
                        seen.Add(bucket);
                        return step();
                    },
                    scan));
            r.Word(end).List(seen, bucket => Put(r, bucket));
            steps.PutNested(r);
        }
    }
}
#endif
