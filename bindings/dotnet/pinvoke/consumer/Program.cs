using System;
using System.Diagnostics;
using System.Linq;
using Tollbridge;

/// <summary>Fails unless the package brings its own library, and that works.</summary>
internal static class Program
{
    private static int Main()
    {
        using var histogram = new Histogram();
        histogram.RecordDurations("250us 1.5ms 3s");
        using Process self = Process.GetCurrentProcess();
        string library = self.Modules.Cast<ProcessModule>().Select(module => module.FileName ?? "")
            .First(file => file.Contains("libtollbridge", StringComparison.Ordinal));
        Console.WriteLine($"{histogram.GetSummary()}\nby {library}");
        return histogram.Count == 3 && library.Contains("linux-x64", StringComparison.Ordinal) ? 0 : 1;
    }
}
