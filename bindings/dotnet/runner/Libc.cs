using System;
using System.Runtime.InteropServices;

namespace Tollbridge.Runner
{
    /// <summary>What of POSIX the runner needs and .NET does not offer.</summary>
    internal static class Libc
    {
        internal const int Sigalrm = 14;

        private const string Library = "libc";

        [DllImport(Library, EntryPoint = "dup")]
        internal static extern int Dup(int descriptor);

        [DllImport(Library, EntryPoint = "dup2")]
        internal static extern int Dup2(int descriptor, int copy);

        [DllImport(Library, EntryPoint = "close")]
        internal static extern int Close(int descriptor);

        [DllImport(Library, EntryPoint = "fork")]
        internal static extern int Fork();

        [DllImport(Library, EntryPoint = "waitpid")]
        internal static extern int WaitPid(int process, out int status, int options);

        [DllImport(Library, EntryPoint = "alarm")]
        internal static extern uint Alarm(uint seconds);

        [DllImport(Library, EntryPoint = "strlen")]
        internal static extern UIntPtr StrLen(IntPtr text);

        [DllImport(Library, EntryPoint = "_exit")]
        internal static extern void Exit(int status);
    }
}
