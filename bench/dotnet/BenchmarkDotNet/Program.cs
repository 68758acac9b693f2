using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Tollbridge.Bench
{
    /// <summary>Cases of one .NET bridge by BenchmarkDotNet; its arguments, such as <c>--filter '*'</c>.</summary>
    public static class Program
    {
        /// <summary>Runs what the arguments choose.</summary>
        public static void Main(string[] arguments)
        {
            // In this process: another would be built without the property that chooses the bridge.
            Job job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance);
            BenchmarkSwitcher.FromTypes(new[] { typeof(Cases) }).Run(arguments, DefaultConfig.Instance.AddJob(job));
        }
    }
}
