using System;
using System.Linq;
using Tollbridge;

/// <summary>The package Tollbridge in a minute. It checks what it says, as CI runs it.</summary>
internal static class Quickstart
{
    // ANCHOR: quickstart
    private static ulong Run()
    {
        using var latencies = new Histogram { Tag = "checkout" }; // values in nanoseconds, up to an hour
        latencies.Record(250_000);
        latencies.RecordAll(stackalloc ulong[] { 1_000_000, 1_100_000, 1_200_000 }); // any span

        using (latencies.Watch(2_000_000_000, value => Console.WriteLine($"slow: {value} ns")))
        {
            latencies.RecordDurations("250us 1.5ms\n3s");
        }

        if (latencies.GetSummary() is Summary summary)
        {
            Console.WriteLine($"{summary.Count} values, p50 {summary.P50} ns, p99 {summary.P99} ns");
        }

        foreach (Bucket bucket in latencies.Buckets(new Scan.Linear(1_000_000_000)).Where(bucket => bucket.Count > 0))
        {
            Console.WriteLine($"up to {bucket.Value} ns: {bucket.Count}");
        }

        try
        {
            latencies.Record(1_000_000_000_000_000);
        }
        catch (OutOfRangeException error)
        {
            Console.WriteLine($"refused: {error.Message} (highest is {error.Highest})");
        }

        using Histogram again = Histogram.Decode(latencies.Encode()); // a format that other languages read
        again.Merge(latencies);
        return again.Count;
    }

    // ANCHOR_END: quickstart
    private static int Main()
    {
        var printed = new System.IO.StringWriter();
        System.IO.TextWriter console = Console.Out;
        Console.SetOut(printed);
        ulong count = Run();
        console.Write(printed);
        string[] lines = printed.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        bool right = count == 14
            && lines[0] == "slow: 3000000000 ns"
            && lines[1] == "7 values, p50 1100799 ns, p99 3001024511 ns"
            && lines[2] == "up to 999999999 ns: 6"
            && lines[^1].StartsWith("refused: value 1000000000000000 (item 0) is above", StringComparison.Ordinal);
        return right ? 0 : 1;
    }
}
