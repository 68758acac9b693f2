#if HISTOGRAM
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Threading;
using Tollbridge.Probes;

namespace Tollbridge.Runner
{
    /// <summary>
    /// Hazards of conformance/hazards.toml as C# meets them: `hazard &lt;name&gt; h`. What is missing here cannot be said in C#:
    /// bridge.toml tells why.
    /// </summary>
    internal static unsafe class Hazards
    {
        private const int Many = 2_000_000;
        private const string Right = "right";
        private const string Wrong = "wrong";

        /// <summary>Each does what should not be done and says what came of it.</summary>
        private static readonly Dictionary<string, Func<Histogram, string>> All = new Dictionary<string, Func<Histogram, string>>(
            Endings.All.Concat(Memory.All))
        {
            ["panic-in-destructor"] = PanicInDestructor,
            ["exception-in-watcher"] = ExceptionInWatcher,
            ["nonlocal-exit"] = NonlocalExit,
            ["buffer-resized-in-callback"] = BufferResizedInCallback,
            ["null-with-length"] = NullWithLength,
            ["misaligned-pointer"] = MisalignedPointer,
            ["bool-2"] = Bool2,
            ["use-after-close"] = UseAfterClose,
            ["double-close"] = DoubleClose,
            ["close-during-call"] = CloseDuringCall,
            ["finalizer-on-another-thread"] = FinalizerOnAnotherThread,
            ["fork-while-locked"] = ForkWhileLocked,
            ["thread-exit"] = ThreadExit,
            ["small-stack"] = SmallStack,
            ["callback-at-exit"] = CallbackAtExit,
            ["callback-never-ends"] = CallbackNeverEnds,
            ["null-dereference"] = NullDereference,
#if !AOT // Which loads no assembly at run time.
            ["two-copies"] = TwoCopies,
#endif
            ["abi-skew"] = AbiSkew,
        };

        /// <summary>The operation; the library's own errors are the caller's to report.</summary>
        internal static void Run(Request q, Reply r)
        {
            if (!All.TryGetValue(q.Word(), out Func<Histogram, string>? hazard))
            {
                r.Instead = "unsupported op";
                return;
            }
            Histogram histogram = HistogramOperations.Named(q);
            try
            {
                r.Word(hazard(histogram));
            }
            catch (Exception exception) when (Surface.Failed(exception) == null)
            {
                r.Word("exception").Word(exception.GetType().Name);
            }
        }

        /// <summary>Runs on a thread of its own; what was thrown there is thrown here.</summary>
        internal static void OnThread(Action work, int stack = 0)
        {
            Exception? thrown = null;
            var thread = new Thread(
                () =>
                {
                    try
                    {
                        work();
                    }
                    catch (Exception exception)
                    {
                        thrown = exception;
                    }
                },
                stack);
            thread.Start();
            thread.Join();
            if (thrown != null)
            {
                throw thrown;
            }
        }

        private static void Collect()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        // ---- panics and callbacks

        /// <summary>What is written to the descriptor meanwhile, by whomever.</summary>
        private static string StderrOf(Action work)
        {
            string path = Path.GetTempFileName();
            int kept = Libc.Dup(2);
            using (var file = new FileStream(path, FileMode.Create))
            {
                Libc.Dup2((int)file.SafeFileHandle.DangerousGetHandle(), 2);
                try
                {
                    work();
                }
                finally
                {
                    Libc.Dup2(kept, 2);
                    Libc.Close(kept);
                }
            }
            string said = File.ReadAllText(path);
            File.Delete(path);
            return said;
        }

        /// <summary>Reported by Rust's own line on stderr.</summary>
        private static string PanicInDestructor(Histogram histogram)
        {
            string said = StderrOf(() => new Fault.PanicsWhenDropped().Dispose());
            return said.Contains("dropped", StringComparison.Ordinal) ? "reported" : Right;
        }

        private static string ExceptionInWatcher(Histogram histogram)
        {
            var mine = new VisitorException();
            Exception? reported = null;
            Histogram.WatcherFailed += (_, failure) => reported = failure.Exception;
            void Throw(ulong value) => throw mine;
            histogram.Watch(1, Throw);
            histogram.Record(5);
            return ReferenceEquals(reported, mine) ? "reported" : Wrong;
        }

        /// <summary>The strongest means that unwinds frames: another thread's interrupt, thrown in the middle of a wait.</summary>
        private static string NonlocalExit(Histogram histogram)
        {
            try
            {
                histogram.ForEachBucket(bucket =>
                {
                    Thread.CurrentThread.Interrupt();
                    Thread.Sleep(Timeout.Infinite);
                    return true;
                });
            }
            catch (ThreadInterruptedException)
            {
                return "raised";
            }
            return Wrong;
        }

        /// <summary>The collector moves no memory that is borrowed; what C# allocates outside its heap can be freed.</summary>
        private static string BufferResizedInCallback(Histogram histogram)
        {
            IntPtr memory = Marshal.AllocHGlobal(3 * sizeof(ulong));
            var values = new Span<ulong>((void*)memory, 3);
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = (ulong)i + 1;
            }
            histogram.Watch(1, value =>
            {
                Marshal.FreeHGlobal(memory);
                memory = IntPtr.Zero;
            });
            histogram.RecordAll(values);
            return memory == IntPtr.Zero ? Right : Wrong;
        }

        // ---- arguments

        private static string NullWithLength(Histogram histogram)
        {
            histogram.RecordAll(new ReadOnlySpan<ulong>(null, 3));
            return Right;
        }

        private static string MisalignedPointer(Histogram histogram)
        {
            var bytes = new byte[8 * 4];
            fixed (byte* data = bytes)
            {
                byte* odd = data + 1;
                for (int i = 0; i < 3; i++)
                {
                    Unsafe.WriteUnaligned(odd + 8 * i, (ulong)i + 1);
                }
                histogram.RecordAll(new ReadOnlySpan<ulong>(odd, 3));
            }
            return Right;
        }

        private static string Bool2(Histogram histogram)
        {
            byte two = 2;
            return Probe.MakeStr(3, *(bool*)&two) == "ééé" ? Right : Wrong;
        }

        // ---- lifetimes

        private static string UseAfterClose(Histogram histogram)
        {
            histogram.Dispose();
            histogram.Record(1);
            return Wrong;
        }

        private static string DoubleClose(Histogram histogram)
        {
            histogram.Dispose();
            histogram.Dispose();
            return Right;
        }

        private static string CloseDuringCall(Histogram histogram)
        {
            ulong[] ones = Enumerable.Repeat(1UL, Many).ToArray();
            for (int delay = 0; delay < 20; delay++)
            {
                Histogram handle = histogram.Share();
                ulong before = histogram.Count;
                var thread = new Thread(() =>
                {
                    try
                    {
                        handle.RecordAll(ones);
                    }
                    catch (ObjectDisposedException)
                    {
                        // On a slow machine the close may have come first.
                    }
                });
                thread.Start();
                Thread.Sleep(delay);
                handle.Dispose();
                thread.Join();
                ulong recorded = histogram.Count - before;
                if (recorded != 0 && recorded != Many)
                {
                    return Wrong;
                }
            }
            return histogram.Count > 0 ? Right : Wrong;
        }

        /// <summary>.NET's finalizers run on a thread of their own.</summary>
        private static string FinalizerOnAnotherThread(Histogram histogram)
        {
            LeaveHandles(histogram);
            var collector = new Thread(Collect);
            collector.Start();
            for (int i = 0; i < 1000; i++)
            {
                histogram.Record(1);
            }
            collector.Join();
            return Right;
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void LeaveHandles(Histogram histogram)
        {
            for (int i = 0; i < 1000; i++)
            {
                histogram.Share();
            }
        }

        // ---- threads and processes

        private static string ForkWhileLocked(Histogram histogram)
        {
            ulong[] ones = Enumerable.Repeat(1UL, 4 * Many).ToArray();
            histogram.Record(1);
            // Compiled and bound before the fork: the child has no thread that could do it.
            Libc.Alarm(0);
            RuntimeHelpers.PrepareMethod(((Action)Child).Method.MethodHandle);
            void Child()
            {
                Libc.Alarm(1);
                histogram.Record(1);
                Libc.Exit(0);
            }

            for (int i = 0; i < 20; i++)
            {
                var thread = new Thread(() => histogram.RecordAll(ones));
                thread.Start();
                Thread.Sleep(10);
                int child = Libc.Fork();
                if (child == 0)
                {
                    Child();
                }
                Libc.WaitPid(child, out int status, 0);
                thread.Join();
                int signal = status & 0x7f;
                if (signal != 0)
                {
                    return signal == Libc.Sigalrm ? "hang" : "crash";
                }
            }
            return Right;
        }

        /// <summary>A thread's own values are finalized after it has ended, on the thread of the finalizers.</summary>
        private static string ThreadExit(Histogram histogram)
        {
            for (int i = 0; i < 100; i++)
            {
                OnThread(() => Last.OfThread = new Last(histogram));
            }
            Collect();
            return Right;
        }

        /// <summary>Records when the thread that it is kept by has ended.</summary>
        private sealed class Last
        {
            [ThreadStatic]
            internal static Last? OfThread;

            private readonly Histogram histogram;

            internal Last(Histogram histogram) => this.histogram = histogram;

            ~Last() => histogram.Record(1);
        }

        private static string SmallStack(Histogram histogram)
        {
            void Work()
            {
                histogram.Record(5);
                histogram.Merge(histogram);
                histogram.ForEachBucket(bucket => true);
                histogram.Render();
                histogram.Encode();
                try
                {
                    histogram.Record(1001);
                }
                catch (OutOfRangeException exception) when (exception.Value == 1001)
                {
                    return;
                }
                throw new InvalidOperationException();
            }

            OnThread(Work, stack: 64 * 1024);
            return Right;
        }

        /// <summary>Threads that do not keep the process alive are inside a visitor and a watcher while it ends.</summary>
        private static void CallBackAtExit(Histogram histogram, Func<bool> callback)
        {
            var inside = new Barrier(3);
            histogram.Record(1);
            histogram.WatchWhile(1, value => callback());
            var visiting = new Thread(() =>
            {
                histogram.ForEachBucket(bucket =>
                {
                    inside.SignalAndWait();
                    return true;
                });
                while (true)
                {
                    histogram.ForEachBucket(bucket => callback());
                }
            });
            var recording = new Thread(() =>
            {
                inside.SignalAndWait();
                while (true)
                {
                    histogram.Record(1);
                }
            });
            foreach (Thread thread in new[] { visiting, recording })
            {
                thread.IsBackground = true;
                thread.Start();
            }
            inside.SignalAndWait();
            Thread.Sleep(50);
        }

        private static string CallbackAtExit(Histogram histogram)
        {
            CallBackAtExit(histogram, () => true);
            return Right;
        }

        private static string CallbackNeverEnds(Histogram histogram)
        {
            CallBackAtExit(histogram, () =>
            {
                while (true)
                {
                    Thread.Sleep(1);
                }
            });
            return Right;
        }

        // ---- the program's own mistakes

        /// <summary>This program twice more, once without the library and once with it, and each follows a null pointer.</summary>
        private static string NullDereference(Histogram histogram)
        {
            string[] before =
            {
                "new h 1 1000 3",
                "call_back 3 all",
                "call_back_from_new_thread 3 all",
                "watch w h 1",
                "record_from_new_thread h 5",
                "hazard panic-in-destructor h",
            };
            bool same = new[] { "null_managed", "null_unsafe", "null_native" }.All(deed =>
            {
                string without = EndOf(deed), with = EndOf(deed, before);
                return without.StartsWith("ok 0 ", StringComparison.Ordinal) && with == "ok 1 " + without.Substring("ok 0 ".Length);
            });
            return same ? Right : Wrong;
        }

        /// <summary>Whether a program that was asked this had the library when it came to the deed, what it answered, and its status.</summary>
        private static string EndOf(string deed, params string[] requests)
        {
            string library = Environment.GetEnvironmentVariable("TOLLBRIDGE_LIBRARY") ?? "";
            string[] answers = AskSelf("null", library, requests.Append("loaded").Append(deed), out int status);
            // The deed may have ended the program before it could answer.
            return string.Join(' ', answers.Skip(requests.Length).Append(status.ToString(CultureInfo.InvariantCulture)));
        }

        /// <summary>Whether the library is in this process.</summary>
        internal static void Loaded(Request q, Reply r) =>
            r.Put(File.ReadAllText("/proc/self/maps").Contains("libtollbridge", StringComparison.Ordinal) ? 1UL : 0);

        internal static void NullManaged(Request q, Reply r) => r.Put((ulong)Nothing()!.Length);

        internal static void NullUnsafe(Request q, Reply r) => r.Put(*(ulong*)Nothing(0));

        internal static void NullNative(Request q, Reply r) => r.Put((ulong)Libc.StrLen(Nothing(0)));

        /// <summary>What no compiler may know.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static string? Nothing() => null;

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static IntPtr Nothing(int address) => (IntPtr)address;

        // ---- more than one library

#if !AOT
        /// <summary>The assembly once more, in a context of its own: its types are others.</summary>
        private static string TwoCopies(Histogram histogram)
        {
            var context = new AssemblyLoadContext("copy");
            Assembly copy = context.LoadFromAssemblyPath(typeof(Histogram).Assembly.Location);
            Type type = copy.GetType(typeof(Histogram).FullName!, throwOnError: true)!;
            histogram.Merge((Histogram)Activator.CreateInstance(type, 1UL, 1000UL, 3)!);
            return Wrong;
        }
#endif

        /// <summary>This program once more, over a library that says it has another ABI.</summary>
        private static string AbiSkew(Histogram histogram)
        {
            string folder = Path.Combine(Path.GetTempPath(), "tollbridge-skew-" + Guid.NewGuid().ToString("N"));
            Directory.CreateDirectory(folder);
            try
            {
                string library = Path.Combine(folder, "libtollbridge.so");
                string source = Path.Combine(folder, "skew.c");
                File.WriteAllText(source, "unsigned tb_abi_version(void) { return 2; }\n");
                Ask("cc", $"-shared -fPIC {source} -o {library}", "", library, out _);
                string reply = AskSelf("skewed", library, new[] { "nop" }, out _)[0];
                string message = Wtf8.Decode(new Request(new[] { reply.Split("message=").Last() }).Bytes()) ?? "";
                bool named = message.Contains("ABI 2", StringComparison.Ordinal) && message.Contains("ABI 1", StringComparison.Ordinal);
                return named ? "exception " + reply.Split(' ')[2] : Wrong;
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        /// <summary>
        /// This program once more, in an environment that names this library: what it answers to these requests, as far as it comes,
        /// and its status.
        /// </summary>
        private static string[] AskSelf(string bridge, string library, IEnumerable<string> requests, out int status)
        {
            using Process self = Process.GetCurrentProcess();
            string program = Environment.GetCommandLineArgs()[0];
            // Compiled ahead of time, it is a program by itself.
            string arguments = program.EndsWith(".dll", StringComparison.Ordinal) ? $"{program} {bridge}" : bridge;
            string input = string.Concat(requests.Select(request => request + "\n"));
            string answers = Ask(self.MainModule!.FileName!, arguments, input, library, out status);
            return answers.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }

        /// <summary>What a program answers to its input, and its status.</summary>
        private static string Ask(string program, string arguments, string input, string library, out int status)
        {
            var start = new ProcessStartInfo(program, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            };
            start.Environment["TOLLBRIDGE_LIBRARY"] = library;
            using Process process = Process.Start(start)!;
            process.StandardInput.Write(input);
            process.StandardInput.Close();
            string answers = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            status = process.ExitCode;
            return answers;
        }
    }
}
#endif
