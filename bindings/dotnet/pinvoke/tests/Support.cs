using System;
using System.IO;
using System.Threading;
using Xunit;

// They listen to what is static, and count what the process allocates.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Tollbridge.Tests
{
    /// <summary>What several tests need.</summary>
    internal static class Support
    {
        /// <summary>The top of the source tree, whose files some tests compare with.</summary>
        internal static string Root { get; } = FindRoot();

        /// <summary>A file of conformance/data.</summary>
        internal static string Data(string name) => Path.Combine(Root, "conformance", "data", name);

        /// <summary>Collects what nobody refers to any more, and runs its finalizers.</summary>
        internal static void Collect()
        {
            for (int i = 0; i < 2; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }

        /// <summary>Runs at once on several threads; what one throws is thrown here.</summary>
        internal static void OnThreads(int count, Action<int> work)
        {
            Exception? thrown = null;
            using var start = new Barrier(count);
            var threads = new Thread[count];
            for (int i = 0; i < count; i++)
            {
                int number = i;
                threads[i] = new Thread(() =>
                {
                    start.SignalAndWait();
                    try
                    {
                        work(number);
                    }
                    catch (Exception exception)
                    {
                        thrown = exception;
                    }
                });
                threads[i].Start();
            }
            foreach (Thread thread in threads)
            {
                thread.Join();
            }
            if (thrown != null)
            {
                throw new InvalidOperationException("on another thread", thrown);
            }
        }

        private static string FindRoot()
        {
            string folder = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(folder, "core", "src", "error.rs")))
            {
                folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("not inside the source tree");
            }
            return folder;
        }
    }

    /// <summary>What callbacks of tests throw.</summary>
    internal sealed class MineException : Exception
    {
    }

    /// <summary>What cannot even be printed.</summary>
    internal sealed class UnprintableException : Exception
    {
        public override string ToString() => throw new MineException();
    }

    /// <summary>A folder for the length of a test.</summary>
    internal sealed class Scratch : IDisposable
    {
        private readonly string folder = Path.Combine(Path.GetTempPath(), "tollbridge-" + Guid.NewGuid().ToString("N"));

        internal Scratch() => Directory.CreateDirectory(folder);

        internal string this[string name] => Path.Combine(folder, name);

        public void Dispose() => Directory.Delete(folder, recursive: true);
    }
}
