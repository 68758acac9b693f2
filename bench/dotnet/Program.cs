using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Reflection;
using System.Text.Json;
using BenchmarkDotNet.Attributes;

namespace Tollbridge.Bench
{
    /// <summary>
    /// Cases of one .NET bridge by Stopwatch alone, for machines without NuGet: bench.dll &lt;case&gt; …, where a case is add or
    /// str_len:16. Prints a JSON object: ns a call of each case's fastest batch. `toll bench --cross-check` compares the times with
    /// its own.
    /// </summary>
    public static class Program
    {
        private const int Batches = 50;
        private const double BatchSeconds = 0.002;
        private const double WarmUpSeconds = 0.5;

        /// <summary>Times the cases that are named.</summary>
        public static void Main(string[] names)
        {
            var cases = new Cases();
            var fastest = new Dictionary<string, double>();
            foreach (MethodInfo method in typeof(Cases).GetMethods())
            {
                var benchmark = method.GetCustomAttribute<BenchmarkAttribute>();
                if (benchmark != null && names.Contains(benchmark.Description))
                {
                    var invoke = (Func<ulong>)method.CreateDelegate(typeof(Func<ulong>), cases);
                    fastest[benchmark.Description] = Fastest(invoke) / benchmark.OperationsPerInvoke * 1e9;
                }
            }
            Console.WriteLine(JsonSerializer.Serialize(fastest));
        }

        /// <summary>The time of an invocation in the fastest batch, in seconds.</summary>
        private static double Fastest(Func<ulong> invoke)
        {
            double once = double.PositiveInfinity;
            for (var warmUp = Stopwatch.StartNew(); warmUp.Elapsed.TotalSeconds < WarmUpSeconds;)
            {
                once = Math.Min(once, Seconds(invoke, 1));
            }
            int invocations = Math.Max(1, (int)(BatchSeconds / once));
            return Enumerable.Range(0, Batches).Min(_ => Seconds(invoke, invocations)) / invocations;
        }

        private static double Seconds(Func<ulong> invoke, int invocations)
        {
            ulong sum = 0;
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < invocations; i++)
            {
                sum += invoke();
            }
            long end = Stopwatch.GetTimestamp();
            GC.KeepAlive(sum);
            return (double)(end - start) / Stopwatch.Frequency;
        }
    }
}
