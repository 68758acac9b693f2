using System;
using System.Linq;
using System.Threading.Tasks;
using Tollbridge;

/// <summary>Tollbridge in .NET: what a program does with it.</summary>
internal static class Program
{
    private static async Task<int> Main()
    {
        // Values are integers in a unit of your own: nanoseconds here, up to a minute, to three digits.
        using var latencies = new Histogram(1, 60_000_000_000, 3) { Tag = "checkout" };
        latencies.Record(250_000);
        latencies.RecordAll(Enumerable.Range(1000, 1000).Select(i => (ulong)i * 1000).ToArray());
        using (latencies.Watch(2_000_000_000, value => Console.WriteLine($"slow: {value / 1e6} ms")))
        {
            latencies.RecordDurations("250us 1.5ms\n3s");
        }

        Console.WriteLine($"{latencies.Count} values, p99 {latencies.ValueAtQuantile(0.99) / 1e6:F2} ms");
        foreach (Bucket bucket in latencies.Buckets(new Scan.Logarithmic(first: 100_000, @base: 10)))
        {
            Console.WriteLine($"up to {bucket.Value / 1e6,10:F2} ms: {bucket.Count}");
        }

        // Errors are exceptions with fields; a call that fails has changed nothing.
        try
        {
            latencies.Record(1UL << 63);
        }
        catch (OutOfRangeException error)
        {
            Console.WriteLine($"{error.Name} ({error.Code}): {error.Value} is above {error.Highest}");
        }

        // The encoding is HdrHistogram's own: other implementations read it. So are the logs.
        using Histogram copy = Histogram.Decode(latencies.Encode());
        string path = System.IO.Path.GetTempFileName();
        using (var log = new LogWriter(path))
        {
            log.Write(latencies, start: TimeSpan.Zero, length: TimeSpan.FromSeconds(1));
        }
        var byTag = await IntervalLog.ReplayAsync(path, new Progress<double>());
        System.IO.File.Delete(path);
        using Histogram replayed = byTag["checkout"];
        return copy.Count == latencies.Count && replayed.Count == copy.Count ? 0 : 1;
    }
}
