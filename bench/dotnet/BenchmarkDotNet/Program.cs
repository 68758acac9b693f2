using System.Linq;
using BenchmarkDotNet.Running;

namespace Tollbridge.Bench
{
    /// <summary>Cases of one .NET bridge by BenchmarkDotNet; its arguments, such as <c>--filter '*' --job short</c>.</summary>
    public static class Program
    {
        /// <summary>Runs what the arguments choose, always in this process: another would be built without the property that chooses the bridge.</summary>
        public static void Main(string[] arguments) =>
            BenchmarkSwitcher.FromTypes(new[] { typeof(Cases) }).Run(arguments.Append("--inProcess").ToArray());
    }
}
