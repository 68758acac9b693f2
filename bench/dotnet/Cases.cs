using System.Linq;
using BenchmarkDotNet.Attributes;
using Tollbridge.Probes;

namespace Tollbridge.Bench
{
    /// <summary>
    /// What both harnesses time: each case by the name that `toll` gives it. The loops are here, and not the harness's: a call by
    /// P/Invoke that the JIT puts into its caller sets up a frame once a method, so that a method of one call costs 5 ns more.
    /// </summary>
    public class Cases
    {
        /// <summary>Calls of one invocation.</summary>
        public const int Calls = 1000;

        private readonly string text = new string('a', 16);
        private readonly byte[] data = Enumerable.Repeat((byte)'a', 4096).ToArray();

        [Benchmark(Description = "nop", OperationsPerInvoke = Calls)]
        public ulong Nop()
        {
            for (int i = 0; i < Calls; i++)
            {
                Probe.Nop();
            }
            return 0;
        }

        [Benchmark(Description = "add", OperationsPerInvoke = Calls)]
        public ulong Add()
        {
            ulong result = 0;
            for (int i = 0; i < Calls; i++)
            {
                result = Probe.Add(7, 35);
            }
            return result;
        }

        [Benchmark(Description = "str_len:16", OperationsPerInvoke = Calls)]
        public ulong StrLen()
        {
            ulong result = 0;
            for (int i = 0; i < Calls; i++)
            {
                result = Probe.StrLen(text);
            }
            return result;
        }

        [Benchmark(Description = "bytes_ends:4096", OperationsPerInvoke = Calls)]
        public ulong BytesEnds()
        {
            ulong result = 0;
            for (int i = 0; i < Calls; i++)
            {
                result = Probe.BytesEnds(data);
            }
            return result;
        }

#if HANDLES
        private readonly Histogram histogram = new Histogram(1, 3_600_000_000, 3);

        [Benchmark(Description = "record", OperationsPerInvoke = Calls)]
        public ulong Record()
        {
            for (int i = 0; i < Calls; i++)
            {
                histogram.Record(1234);
            }
            return histogram.Count;
        }
#endif

#if HISTOGRAM
        private readonly Histogram thousand = Thousand();

        [Benchmark(Description = "value_at_quantile", OperationsPerInvoke = Calls)]
        public ulong ValueAtQuantile()
        {
            ulong? result = null;
            for (int i = 0; i < Calls; i++)
            {
                result = thousand.ValueAtQuantile(0.99);
            }
            return result ?? 0;
        }

        private static Histogram Thousand()
        {
            var histogram = new Histogram(1, 3_600_000_000, 3);
            histogram.RecordAll(Enumerable.Range(1000, 1000).Select(value => (ulong)value).ToArray());
            return histogram;
        }
#endif
    }
}
