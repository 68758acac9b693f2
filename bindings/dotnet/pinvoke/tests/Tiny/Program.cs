using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Reflection;
using System.Threading.Tasks;
using Xunit;

namespace Tollbridge.Tests
{
    /// <summary>Runs every [Fact] of this program whose name contains the argument. Fails when one fails, and when there was none.</summary>
    internal static class Program
    {
        private static async Task<int> Main(string[] arguments)
        {
            string part = arguments.FirstOrDefault() ?? "";
            IEnumerable<MethodInfo> tests =
                from type in typeof(Program).Assembly.GetTypes()
                from method in type.GetMethods()
                where method.GetCustomAttribute<FactAttribute>() != null && Name(method).Contains(part, StringComparison.Ordinal)
                orderby Name(method)
                select method;
            var clock = Stopwatch.StartNew();
            int run = 0, failed = 0;
            foreach (MethodInfo test in tests)
            {
                run++;
                object instance = Activator.CreateInstance(test.DeclaringType!)!;
                try
                {
                    if (test.Invoke(instance, null) is Task task)
                    {
                        await task;
                    }
                }
                catch (Exception thrown)
                {
                    failed++;
                    Exception exception = thrown is TargetInvocationException ? thrown.InnerException! : thrown;
                    Console.Error.WriteLine($"FAILED {Name(test)}\n{exception}\n");
                }
                (instance as IDisposable)?.Dispose();
            }
            Console.WriteLine($"{run} tests, {failed} failed, in {clock.Elapsed.TotalSeconds:F1} s");
            return run == 0 || failed > 0 ? 1 : 0;
        }

        private static string Name(MethodInfo test) => $"{test.DeclaringType!.Name}.{test.Name}";
    }
}
