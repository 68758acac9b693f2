#if !NETSTANDARD
using System;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;
#endif

namespace Tollbridge
{
    /// <summary>Which file the C library is.</summary>
    internal static class NativeLoader
    {
        /// <summary>What the declarations call it: <c>libtollbridge.so</c> on Linux.</summary>
        internal const string Library = "tollbridge";

#if NETSTANDARD
        /// <summary>Nothing: Unity and Mono have ways of their own, by the library's name.</summary>
        internal static void Install()
        {
        }
#else
        /// <summary>From now on the declarations of this assembly find the library by <see cref="Resolve"/>.</summary>
        internal static void Install()
        {
            try
            {
                NativeLibrary.SetDllImportResolver(typeof(NativeLoader).Assembly, Resolve);
            }
            catch (InvalidOperationException)
            {
                // The application has set one for this assembly. It knows better.
            }
        }

        /// <summary>
        /// The file that TOLLBRIDGE_LIBRARY names and no other; else the one that was built with the program; else what .NET finds, in
        /// a package or the system; else the system's library of this ABI. Zero when there is none.
        /// </summary>
        private static IntPtr Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
        {
            if (name != Library)
            {
                return IntPtr.Zero;
            }
            string? chosen = Environment.GetEnvironmentVariable("TOLLBRIDGE_LIBRARY");
            if (!string.IsNullOrEmpty(chosen))
            {
                return NativeLibrary.Load(chosen);
            }
            string built = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libtollbridge.so");
            return NativeLibrary.TryLoad(built, out IntPtr library)
                || NativeLibrary.TryLoad(name, assembly, searchPath, out library)
                || NativeLibrary.TryLoad("libtollbridge.so.1", out library)
                ? library
                : IntPtr.Zero;
        }
#endif
    }
}
