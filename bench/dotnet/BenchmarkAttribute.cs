using System;

namespace BenchmarkDotNet.Attributes
{
    /// <summary>BenchmarkDotNet's attribute, where its package is not.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    internal sealed class BenchmarkAttribute : Attribute
    {
        /// <summary>The case's name.</summary>
        public string Description { get; set; } = "";

        /// <summary>How many calls one invocation makes.</summary>
        public int OperationsPerInvoke { get; set; } = 1;
    }
}
