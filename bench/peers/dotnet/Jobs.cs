using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;

namespace Tollbridge.Peers
{
    /// <summary>What is timed, what it must have come to, and the histograms it makes.</summary>
    internal sealed class Job
    {
        internal Action Work { get; }

        internal Func<ulong> Check { get; }

        internal Func<IReadOnlyDictionary<string, Histogram>> Answer { get; }

        internal Job(Action work, Func<ulong> check, Func<IReadOnlyDictionary<string, Histogram>> answer)
        {
            Work = work;
            Check = check;
            Answer = answer;
        }
    }

    /// <summary>
    /// The jobs in C#, on the core: <c>jobs LINE</c>. README.md of the folder above says what is asked and answered.
    /// </summary>
    internal static class Jobs
    {
        private const ulong Highest = 3_600_000_000_000;

        private static readonly string[] Names =
        {
            "record", "record_all", "p99", "encode", "decode", "merge", "replay", "replay_tags",
        };

        private static readonly string Data = Environment.GetEnvironmentVariable("TOLL_PEERS") ?? ".";

        /// <summary>Where results end, so that no compiler leaves the work out.</summary>
        private static object? sink;

        private static void Main(string[] arguments)
        {
            string? line;
            while ((line = Console.ReadLine()) != null)
            {
                string reply;
                try
                {
                    reply = "ok " + Reply(arguments[0], line.Split(' '));
                }
                catch (Exception error)
                {
                    reply = "err " + error.Message.Replace('\n', ' ');
                }
                Console.WriteLine(reply);
            }
        }

        private static string Reply(string id, string[] request)
        {
            switch (request[0])
            {
                case "hello":
                    return Hex(id) + " " + Hex(Library()) + " " + Hex(RuntimeInformation.FrameworkDescription);
                case "shapes":
                    return Names.Length + " " + string.Join(" x ", Names) + " x";
                case "time":
                    return Time(Create(request[1], int.Parse(request[2])), long.Parse(request[3]), int.Parse(request[4]));
                case "answer":
                    return Answer(request[1], int.Parse(request[2]));
                case "stats":
                    return "0";
                default:
                    throw new ArgumentException("unknown request " + request[0]);
            }
        }

        private static Job Create(string name, int n)
        {
            ulong[] values = Numbers(n);
            Histogram histogram = New();
            switch (name)
            {
                case "record":
                    return new Job(() => Record(histogram, values), () => histogram.Count, () => One(histogram));
                case "record_all":
                    return new Job(() => histogram.RecordAll(values), () => histogram.Count, () => One(histogram));
                case "replay":
                case "replay_tags":
                    string path = Path.Combine(Data, name == "replay" ? "plain.hlog" : "tagged.hlog");
                    return new Job(() => sink = IntervalLog.Replay(path), () => Total(path), () => IntervalLog.Replay(path));
            }
            histogram.RecordAll(values);
            byte[] bytes = histogram.Encode();
            switch (name)
            {
                case "p99":
                    ulong? first = histogram.ValueAtQuantile(0.99);
                    ulong? last = null;
                    return new Job(
                        () => last = histogram.ValueAtQuantile(0.99), () => last == first ? 1UL : 0, () => One(histogram));
                case "encode":
                    return new Job(() => sink = histogram.Encode(), () => Counted(histogram.Encode()), () => One(histogram));
                case "decode":
                    return new Job(
                        () => Histogram.Decode(bytes).Dispose(), () => Counted(bytes), () => One(Histogram.Decode(bytes)));
                case "merge":
                    Histogram other = Histogram.Decode(bytes);
                    return new Job(() => histogram.Merge(other), () => histogram.Count, () => One(histogram));
                default:
                    throw new ArgumentException("no job " + name);
            }
        }

        private static string Time(Job job, long iterations, int batches)
        {
            var reply = new StringBuilder().Append(batches);
            for (int batch = 0; batch < batches; batch++)
            {
                reply.Append(' ').Append(Time(job.Work, iterations));
            }
            return reply.Append(' ').Append(job.Check()).ToString();
        }

        private static long Time(Action work, long iterations)
        {
            long start = Stopwatch.GetTimestamp();
            for (long i = 0; i < iterations; i++)
            {
                work();
            }
            return (long)((Stopwatch.GetTimestamp() - start) * (1e9 / Stopwatch.Frequency));
        }

        private static string Answer(string name, int n)
        {
            Job job = Create(name, n);
            if (name.StartsWith("record", StringComparison.Ordinal) || name == "merge")
            {
                job.Work();
            }
            IReadOnlyDictionary<string, Histogram> found = job.Answer();
            if (name == "p99")
            {
                return found[""].ValueAtQuantile(0.99)!.Value.ToString(CultureInfo.InvariantCulture);
            }
            var pairs = found.Select(pair => Hex(pair.Key) + " " + Hex(pair.Value.Encode()));
            return found.Count + " " + string.Join(" ", pairs);
        }

        private static Histogram New()
        {
            return new Histogram(1, Highest, 3);
        }

        private static void Record(Histogram histogram, ulong[] values)
        {
            foreach (ulong value in values)
            {
                histogram.Record(value);
            }
        }

        private static ulong Counted(byte[] bytes)
        {
            using Histogram histogram = Histogram.Decode(bytes);
            return histogram.Count;
        }

        private static ulong Total(string path)
        {
            ulong total = 0;
            foreach (Histogram histogram in IntervalLog.Replay(path).Values)
            {
                total += histogram.Count;
            }
            return total;
        }

        private static IReadOnlyDictionary<string, Histogram> One(Histogram histogram)
        {
            return new Dictionary<string, Histogram> { [""] = histogram };
        }

        private static ulong[] Numbers(int n)
        {
            return File.ReadLines(Path.Combine(Data, "values")).Take(n).Select(ulong.Parse).ToArray();
        }

        /// <summary>The bridge's library as the kernel knows it.</summary>
        private static string Library()
        {
            using Histogram loads = New();
            return File.ReadLines("/proc/self/maps")
                .Select(line => line.Substring(line.LastIndexOf(' ') + 1))
                .FirstOrDefault(path => path.Contains("libtollbridge.so")) ?? "";
        }

        private static string Hex(string text)
        {
            return Hex(Encoding.UTF8.GetBytes(text));
        }

        private static string Hex(byte[] bytes)
        {
            return "x" + BitConverter.ToString(bytes).Replace("-", "").ToLowerInvariant();
        }
    }
}
