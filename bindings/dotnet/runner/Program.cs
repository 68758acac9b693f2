using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace Tollbridge.Runner
{
    /// <summary>Reads what it needs from the request and writes the tokens of its reply.</summary>
    internal delegate void Operation(Request q, Reply r);

    /// <summary>
    /// The runner of every .NET bridge: answers one request a line, as conformance/README.md says. The bridge is the library that
    /// it was compiled with; the argument is its id.
    /// </summary>
    internal static class Program
    {
        private static readonly Dictionary<string, Operation> Operations = new Dictionary<string, Operation>
        {
            ["hello"] = Hello,
            ["reset"] = (q, r) => Surface.Reset(),
            ["stats"] = Stats,
            ["par"] = Par,
        };

        private static string bridge = "";

        private static int Main(string[] arguments)
        {
            if (arguments.Length != 1)
            {
                Console.Error.WriteLine("usage: runner <bridge id>");
                return 2;
            }
            bridge = arguments[0];
            foreach (KeyValuePair<string, Operation> operation in Surface.Operations)
            {
                Operations.Add(operation.Key, operation.Value);
            }
            Surface.Prepare();

            // What a library prints must not spoil the replies: they go to a descriptor of their own.
            using var descriptor = new SafeFileHandle((IntPtr)Libc.Dup(1), ownsHandle: true);
            Libc.Dup2(2, 1);
            using var replies = new StreamWriter(new FileStream(descriptor, FileAccess.Write), new ASCIIEncoding());
            using var requests = new StreamReader(Console.OpenStandardInput(), new ASCIIEncoding());
            while (requests.ReadLine() is string line)
            {
                replies.Write(Answer(line.Split(' ')) + "\n");
                replies.Flush();
            }
            return 0;
        }

        /// <summary>Answers requests in turn: the reply to the last, or to the first that failed.</summary>
        internal static string Run(IEnumerable<string[]> requests)
        {
            string last = "ok";
            foreach (string[] tokens in requests)
            {
                last = Answer(tokens);
                if (!IsOk(last))
                {
                    break;
                }
            }
            return last;
        }

        private static bool IsOk(string reply) => reply == "ok" || reply.StartsWith("ok ", StringComparison.Ordinal);

        /// <summary>The reply to one request. Nothing that a bridge throws ends the runner.</summary>
        private static string Answer(string[] tokens)
        {
            var reply = new Reply();
            try
            {
                var request = new Request(tokens);
                if (!Operations.TryGetValue(request.Word(), out Operation? operation))
                {
                    return "unsupported op";
                }
                operation(request, reply);
                return reply.ToString();
            }
            catch (UnsupportedException exception)
            {
                return "unsupported " + exception.Message;
            }
            catch (Exception exception) when (exception is MalformedException || exception is FormatException)
            {
                return "malformed" + new Reply().Put(exception.Message).Tokens.Insert(0, " ");
            }
            catch (Exception thrown)
            {
                // The reason why a library cannot be loaded stands inside.
                Exception exception = thrown is TypeInitializationException ? thrown.GetBaseException() : thrown;
                return Surface.Failed(exception) ?? Failed(0, exception.GetType().Name, new Dictionary<string, object>(), exception.Message);
            }
        }

        /// <summary>An error's reply. No vector expects the code 0: it shows as a wrong answer.</summary>
        internal static string Failed(int code, string name, IReadOnlyDictionary<string, object> fields, string message)
        {
            var reply = new Reply();
            foreach (KeyValuePair<string, object> field in fields)
            {
                reply.Field(field.Key, field.Value);
            }
            reply.Field("message", message);
            return $"err {code} {name} {reply.Tokens}";
        }

        private static void Hello(Request q, Reply r)
        {
            Surface.Load();
            string collector = (GCSettings.IsServerGC ? "server" : "workstation") + " GC, "
                + (GCSettings.LatencyMode == GCLatencyMode.Batch ? "not concurrent" : "concurrent");
            r.Put(bridge).Put(LoadedLibrary()).Put($"{RuntimeInformation.FrameworkDescription}, {collector}");
        }

        /// <summary>The native library of this project that is in the process; empty for none.</summary>
        private static string LoadedLibrary()
        {
            using Process self = Process.GetCurrentProcess();
            IEnumerable<string> files = self.Modules.Cast<ProcessModule>().Select(module => module.FileName ?? "");
            return files.FirstOrDefault(file => Path.GetFileName(file).StartsWith("libtollbridge", StringComparison.Ordinal)) ?? "";
        }

        private static void Stats(Request q, Reply r)
        {
            var stats = new List<(string Word, long Count)>
            {
                ("collections_0", GC.CollectionCount(0)),
                ("collections_1", GC.CollectionCount(1)),
                ("collections_2", GC.CollectionCount(2)),
#if NET8_0_OR_GREATER
                ("pause_us", (long)(GC.GetTotalPauseDuration().TotalMilliseconds * 1000)),
                ("compile_us", (long)(JitInfo.GetCompilationTime().TotalMilliseconds * 1000)),
#endif
            };
            r.List(stats, stat => r.Word(stat.Word).Put((ulong)stat.Count));
        }

        /// <summary>Each op so many times on a thread of its own, all at once.</summary>
        private static void Par(Request q, Reply r)
        {
            ulong times = q.Integer();
            List<string[]> requests = q.Block();
            string? failed = null;
            using var start = new Barrier(requests.Count);
            void Repeat(string[] tokens)
            {
                start.SignalAndWait();
                for (ulong i = 0; i < times; i++)
                {
                    string last = Answer(tokens);
                    if (!IsOk(last))
                    {
                        Interlocked.CompareExchange(ref failed, last, null);
                    }
                }
            }

            List<Thread> threads = requests.Select(tokens => new Thread(() => Repeat(tokens))).ToList();
            threads.ForEach(thread => thread.Start());
            threads.ForEach(thread => thread.Join());
            r.Instead = failed;
        }
    }

    /// <summary>What a visitor or callback of a vector throws.</summary>
    internal sealed class VisitorException : Exception
    {
    }
}
