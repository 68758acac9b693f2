using System;
using System.Runtime.InteropServices;

namespace Tollbridge.Runner
{
    /// <summary>What of POSIX the runner needs and .NET does not offer.</summary>
    internal static class Libc
    {
        [DllImport("libc", EntryPoint = "dup")]
        internal static extern int Dup(int descriptor);

        [DllImport("libc", EntryPoint = "dup2")]
        internal static extern int Dup2(int descriptor, int copy);
    }
}
