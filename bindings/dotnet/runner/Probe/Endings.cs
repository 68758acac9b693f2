#if HISTOGRAM
using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using Tollbridge.Probes;

namespace Tollbridge.Runner
{
    /// <summary>
    /// Hazards of threads that end early. A thread is ended from outside by <see cref="Thread.Interrupt"/>, the one means that .NET
    /// has: it is thrown in the thread's next wait, so that none may be swallowed in between.
    /// </summary>
    internal static class Endings
    {
        private const string Right = "right";
        private const string Wrong = "wrong";

        internal static readonly Dictionary<string, Func<Histogram, string>> All = new Dictionary<string, Func<Histogram, string>>
        {
            ["kill-during-calls"] = KillDuringCalls,
            ["kill-while-raising"] = KillWhileRaising,
            ["kill-while-releasing"] = KillWhileReleasing,
            ["kill-in-foreign-callback"] = KillInForeignCallback,
            ["exit-while-raising"] = histogram => LeaveRunning(() => Raise(histogram)),
            ["exit-while-releasing"] = histogram => LeaveRunning(() => Release(histogram)),
            ["exit-in-foreign-callback"] = histogram => LeaveRunning(CallBack),
            ["exception-before-free"] = ExceptionBeforeFree,
            ["stack-end-in-callback"] = StackEndInCallback,
        };

        /// <summary>
        /// Whether a thread that repeats some work ends, and by nothing but the interrupt, each time that one comes in the middle of it.
        /// </summary>
        private static bool Ends(Action work, int times)
        {
            for (int i = 0; i < times; i++)
            {
                using var begun = new ManualResetEventSlim();
                bool asked = false;
                Exception? end = null;
                var thread = new Thread(() =>
                {
                    try
                    {
                        begun.Set();
                        while (!Volatile.Read(ref asked))
                        {
                            work();
                        }
                        // An interrupt that was lost would leave it here for ever.
                        Thread.Sleep(Timeout.Infinite);
                    }
                    catch (Exception exception)
                    {
                        end = exception;
                    }
                });
                thread.IsBackground = true;
                thread.Start();
                begun.Wait();
                Thread.SpinWait(i * 2000);
                thread.Interrupt();
                Volatile.Write(ref asked, true);
                if (!thread.Join(TimeSpan.FromSeconds(10)) || !(end is ThreadInterruptedException))
                {
                    return false;
                }
            }
            return true;
        }

        private static string KillDuringCalls(Histogram histogram)
        {
            long before = Memory.Resident();
            // What it is told of is recorded while somebody waits, in which an interrupt is thrown.
            using Watch waits = histogram.Watch(1000, value => Thread.Sleep(1));
            bool ended = Ends(
                () =>
                {
                    histogram.Record(1000);
                    using var large = Memory.MakeLarge();
                    large.Record(1);
                    using Histogram again = Histogram.Decode(histogram.Encode());
                    again.Merge(histogram);
                    foreach (Bucket bucket in again.Buckets())
                    {
                        GC.KeepAlive(bucket);
                    }
                    Refuse(() => histogram.Record(1001));
                },
                100);
            return ended && Memory.Resident() - before < Memory.Limit / 4 ? Right : Wrong;
        }

        private static string KillWhileRaising(Histogram histogram) => Ends(() => Raise(histogram), 100) ? Right : Wrong;

        /// <summary>Another thread does the same with the same histogram, so that there is something to wait for.</summary>
        private static string KillWhileReleasing(Histogram histogram)
        {
            bool done = false;
            var rival = new Thread(() =>
            {
                while (!Volatile.Read(ref done))
                {
                    Release(histogram);
                }
            });
            rival.Start();
            bool ended = Ends(() => Release(histogram), 100);
            Volatile.Write(ref done, true);
            rival.Join();
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
            GC.WaitForPendingFinalizers();
            histogram.Record(1);
            return ended && Told.Calls == 0 && Told.Alive == 0 ? Right : Wrong;
        }

        private static string KillInForeignCallback(Histogram histogram) => Ends(CallBack, 20) ? Right : Wrong;

        /// <summary>Background threads, which work on while the program ends.</summary>
        private static string LeaveRunning(Action work)
        {
            using var begun = new CountdownEvent(3);
            for (int i = 0; i < 3; i++)
            {
                var thread = new Thread(() =>
                {
                    work();
                    begun.Signal();
                    while (true)
                    {
                        work();
                    }
                });
                thread.IsBackground = true;
                thread.Start();
            }
            begun.Wait();
            return Right;
        }

        /// <summary>Errors of the library, and what .NET has for a bad argument.</summary>
        private static void Raise(Histogram histogram)
        {
            Refuse(() => histogram.Record(1001));
            Refuse(() => histogram.Tag = "a,b");
            Refuse(() => histogram.RecordDurations("1 parsec"));
            Refuse(() => histogram.Merge(null!));
            Refuse(() => histogram.Render(-1));
        }

        private static void Refuse(Action action)
        {
            try
            {
                action();
            }
            catch (Exception exception) when (exception is TollbridgeException || exception is ArgumentException)
            {
                return;
            }
            throw new InvalidOperationException("nothing was refused");
        }

        private static void Release(Histogram histogram)
        {
            using (histogram.Watch(1, new Told().Tell))
            {
            }
            using (new Histogram(1, 1000, 3))
            {
            }
            histogram.Share().Dispose();
        }

        private static void CallBack() => Probe.CallBackFromNewThread(3, number =>
        {
            Thread.Sleep(1);
            return number;
        });

        /// <summary>A thread gets what the library hands out, is interrupted all the time, and goes on after each.</summary>
        private static string ExceptionBeforeFree(Histogram histogram)
        {
            const int Times = 800, Bytes = 1 << 20;
            long before = Memory.Resident();
            bool done = false, wrong = false;
            int interrupts = 0;
            var thread = new Thread(() =>
            {
                for (int i = 0; i < Times && !wrong; i++)
                {
                    try
                    {
                        Probe.MakeBytes(Bytes);
                        Probe.MakeStr(Bytes, wide: false);
                        histogram.Encode();
                        Refuse(() => histogram.Tag = "a,b");
                        if (i % 10 == 0)
                        {
                            Thread.Sleep(1);
                            wrong = Memory.Resident() - before > Memory.Limit / 4;
                        }
                    }
                    catch (ThreadInterruptedException)
                    {
                        interrupts++;
                    }
                }
                Volatile.Write(ref done, true);
            });
            thread.Start();
            while (!Volatile.Read(ref done))
            {
                thread.Interrupt();
                Thread.Sleep(1);
            }
            return !wrong && interrupts > 10 ? Right : Wrong;
        }

        /// <summary>
        /// .NET ends every program whose stack overflows. What it offers for recursion of unknown depth is an exception shortly before.
        /// </summary>
        private static string StackEndInCallback(Histogram histogram)
        {
            void Deeper()
            {
                RuntimeHelpers.EnsureSufficientExecutionStack();
                histogram.ForEachBucket(bucket =>
                {
                    Deeper();
                    return true;
                });
            }

            int told = 0;
            void Down(int depth)
            {
                RuntimeHelpers.EnsureSufficientExecutionStack();
                Down(depth + 1);
                told += depth;
            }

            var reported = new List<Exception>();
            void Report(object? sender, WatcherFailedEventArgs failure) => reported.Add(failure.Exception);
            bool thrown = false;
            Histogram.WatcherFailed += Report;
            Hazards.OnThread(
                () =>
                {
                    histogram.Record(1);
                    try
                    {
                        Deeper();
                    }
                    catch (InsufficientExecutionStackException)
                    {
                        thrown = true;
                    }
                    Watch ends = histogram.Watch(1, value => Down(1));
                    histogram.Record(2);
                    ends.Unwatch();
                    histogram.Watch(1, value => { told++; });
                    histogram.Record(3);
                },
                stack: 512 * 1024);
            Histogram.WatcherFailed -= Report;
            return thrown && told == 1 && reported.Single() is InsufficientExecutionStackException ? Right : Wrong;
        }

        /// <summary>What a watcher refers to: how many of them there are, and how often they were told.</summary>
        private sealed class Told
        {
            private static int alive;
            private static int calls;

            internal Told() => Interlocked.Increment(ref alive);

            ~Told() => Interlocked.Decrement(ref alive);

            internal static int Alive => Volatile.Read(ref alive);

            internal static int Calls => Volatile.Read(ref calls);

            internal void Tell(ulong value) => Interlocked.Increment(ref calls);
        }
    }
}
#endif
