using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using Xunit;

namespace Tollbridge.Tests
{
    public sealed class WatchTests : IDisposable
    {
        private readonly Histogram histogram = new Histogram(1, 100_000, 3);

        public void Dispose() => histogram.Dispose();

        [Fact]
        public void AWatcherIsToldUntilItsEnd()
        {
            var told = new List<ulong>();
            Watch watch = histogram.Watch(10, told.Add);
            histogram.RecordAll(new ulong[] { 9, 10, 11 });
            histogram.RecordN(12, 3);
            Assert.True(watch.Unwatch());
            Assert.False(watch.Unwatch());
            watch.Dispose();
            histogram.Record(13);
            Assert.Equal(new List<ulong> { 10, 11, 12 }, told);
        }

        [Fact]
        public void UsingEndsIt()
        {
            int told = 0;
            using (histogram.Watch(1, value => { told++; }))
            {
                histogram.Record(1);
            }
            histogram.Record(1);
            Assert.Equal(1, told);
        }

        [Fact]
        public void ItMayEndItselfAndDisposeOfTheHistogram()
        {
            int told = 0;
            Watch watch = histogram.WatchWhile(1, value => ++told < 2);
            Watch? other = null;
            other = histogram.Watch(1, value => { other!.Unwatch(); });
            histogram.RecordAll(new ulong[] { 1, 1, 1 });
            Assert.Equal(2, told);
            Assert.False(watch.Unwatch());
            Assert.False(other.Unwatch());
            histogram.Watch(1, value => histogram.Dispose());
            histogram.Record(1);
            Assert.True(histogram.IsDisposed);
            Assert.False(watch.Unwatch());
        }

        [Fact]
        public void ItIsToldOnEveryThread()
        {
            var told = new ConcurrentBag<ulong>();
            histogram.Watch(1, told.Add);
            Support.OnThreads(4, number =>
            {
                for (int i = 0; i < 1000; i++)
                {
                    histogram.Record(5);
                }
            });
            Assert.Equal(4000, told.Count);
        }

        [Fact]
        public void ItsExceptionGoesToTheListenerAndTheRecordSucceeds()
        {
            var mine = new MineException();
            var failures = new List<(object? Sender, Exception Exception, ulong Value)>();
            void Listen(object? sender, WatcherFailedEventArgs failure) => failures.Add((sender, failure.Exception, failure.Value));
            Func<ulong, bool> watcher = value => throw mine;
            Action<ulong> action = value => throw mine;
            Histogram.WatcherFailed += Listen;
            try
            {
                histogram.WatchWhile(1, watcher);
                histogram.RecordAll(new ulong[] { 7, 8 });
                histogram.Watch(9, action);
                histogram.Record(9);
            }
            finally
            {
                Histogram.WatcherFailed -= Listen;
            }
            Assert.Equal(3UL, histogram.Count);
            Assert.Equal(new[] { 7UL, 8UL, 9UL, 9UL }, failures.Select(failure => failure.Value).ToArray());
            Assert.Same(mine, failures[0].Exception);
            Assert.Same(watcher, failures[0].Sender);
            Assert.True(failures.Any(failure => ReferenceEquals(action, failure.Sender)));
        }

        [Fact]
        public void WithoutAListenerItIsPrinted()
        {
            histogram.Watch(1, value => throw new MineException());
            Assert.Contains(nameof(MineException), ErrorsOf(() => histogram.Record(1)));
        }

        [Fact]
        public void WhatAListenerThrowsIsPrintedAndSoIsWhatNoneTook()
        {
            void Throw(object? sender, WatcherFailedEventArgs failure) => throw new InvalidOperationException("listener");
            int told = 0;
            void Listen(object? sender, WatcherFailedEventArgs failure) => told++;
            histogram.Watch(1, value => throw new MineException());
            Histogram.WatcherFailed += Throw;
            try
            {
                string said = ErrorsOf(() => histogram.Record(1));
                Assert.Contains("listener", said);
                Assert.Contains(nameof(MineException), said);
                Histogram.WatcherFailed += Listen;
                said = ErrorsOf(() => histogram.Record(1));
                Assert.Contains("listener", said);
                Assert.False(said.Contains(nameof(MineException), StringComparison.Ordinal));
                Assert.Equal(1, told);
            }
            finally
            {
                Histogram.WatcherFailed -= Throw;
                Histogram.WatcherFailed -= Listen;
            }
        }

        [Fact]
        public void ALambdaThatAnswersABoolDoesNotEndTheWatch()
        {
            var seen = new HashSet<ulong>();
            using Watch watch = histogram.Watch(1, value => seen.Add(value));
            histogram.RecordAll(new ulong[] { 5, 5, 6 });
            Assert.Equal(2, seen.Count);
            Assert.True(watch.Unwatch());
        }

        [Fact]
        public void WhatCannotBePrintedEndsNothing()
        {
            histogram.Watch(1, value => throw new UnprintableException());
            Assert.Contains(nameof(UnprintableException), ErrorsOf(() => histogram.Record(1)));
            TextWriter before = Console.Error;
            var closed = new StringWriter();
            closed.Dispose();
            Console.SetError(closed);
            try
            {
                histogram.Record(1);
                Support.OnThreads(1, number => histogram.Record(1));
            }
            finally
            {
                Console.SetError(before);
            }
            Assert.Equal(3UL, histogram.Count);
        }

        [Fact]
        public void AnInterruptThatArrivesInAWatcherIsKept()
        {
            using Watch watch = histogram.Watch(1, value => Thread.Sleep(1));
            string said = ErrorsOf(() =>
            {
                Thread.CurrentThread.Interrupt();
                histogram.Record(1);
            });
            Assert.Contains(nameof(ThreadInterruptedException), said);
            Assert.Throws<ThreadInterruptedException>(() => Thread.Sleep(1));
            Assert.Equal(1UL, histogram.Count);
        }

        [Fact]
        public void AnInterruptThatArrivesInAListenerIsKept()
        {
            void Listen(object? sender, WatcherFailedEventArgs failure) => Thread.Sleep(1);
            using Watch watch = histogram.Watch(1, value => throw new MineException());
            Histogram.WatcherFailed += Listen;
            try
            {
                string said = ErrorsOf(() =>
                {
                    Thread.CurrentThread.Interrupt();
                    histogram.Record(1);
                });
                Assert.Contains(nameof(ThreadInterruptedException), said);
                Assert.Contains(nameof(MineException), said);
            }
            finally
            {
                Histogram.WatcherFailed -= Listen;
            }
            Assert.Throws<ThreadInterruptedException>(() => Thread.Sleep(1));
        }

        /// <summary>Whoever prints may have to wait for another thread that does.</summary>
        [Fact]
        public void AnInterruptThatArrivesWhilePrintingIsKept()
        {
            histogram.Watch(1, value =>
            {
                Thread.CurrentThread.Interrupt();
                throw new MineException();
            });
            TextWriter before = Console.Error;
            var waits = new WaitsWriter();
            Console.SetError(waits);
            try
            {
                histogram.Record(1);
            }
            finally
            {
                Console.SetError(before);
            }
            Assert.Throws<ThreadInterruptedException>(() => Thread.Sleep(1));
            Assert.Contains(nameof(MineException), waits.ToString());
        }

        [Fact]
        public void AnInterruptDoesNotReachRust()
        {
            Watchers watchers = Histogram.HandleOf(histogram).Watchers;
            Watch watch = histogram.Watch(1, value => { });
            Interrupted(() => watch.Unwatch());
            Interrupted(() => histogram.Watch(1, value => { }));
            histogram.Record(1);

            void Interrupted(Action work)
            {
                bool done = false, came = false;
                var thread = new Thread(() =>
                {
                    work();
                    done = true;
                    try
                    {
                        Thread.Sleep(Timeout.Infinite);
                    }
                    catch (ThreadInterruptedException)
                    {
                        came = true;
                    }
                });
                lock (watchers)
                {
                    thread.Start();
                    SpinWait.SpinUntil(() => thread.ThreadState == ThreadState.WaitSleepJoin);
                    thread.Interrupt();
                }
                thread.Join();
                Assert.True(done && came);
            }
        }

        [Fact]
        public void AWatchGoesOnWithoutItsObject()
        {
            var told = new List<ulong>();
            WatchAndForget(histogram, told);
            Support.Collect();
            histogram.Record(5);
            Assert.Equal(new List<ulong> { 5 }, told);
        }

        [Fact]
        public void ItsEndLetsGoOfTheWatcher()
        {
            WeakReference ended = WatchAndEnd(histogram);
            Support.Collect();
            Assert.False(ended.IsAlive);
        }

        [Fact]
        public void SoDoesARefusal()
        {
            WeakReference refused = WatchTooHigh(histogram);
            Support.Collect();
            Assert.False(refused.IsAlive);
        }

        [Fact]
        public void SoDoesTheLastHandle()
        {
            Histogram shared = histogram.Share();
            WeakReference watcher = WatchThrough(shared);
            shared.Dispose();
            Support.Collect();
            Assert.True(watcher.IsAlive);
            histogram.Dispose();
            Support.Collect();
            Assert.False(watcher.IsAlive);
        }

        [Fact]
        public void AWatcherThatRefersToItsHistogramIsCollectedWithIt()
        {
            WeakReference cycle = MakeCycle();
            Support.Collect();
            Assert.False(cycle.IsAlive);
        }

        [Fact]
        public void FinalizersThatRecordAreStillTold()
        {
            var told = new ConcurrentBag<ulong>();
            LeaveBoth(told);
            Support.Collect();
            Assert.Equal(new[] { 77UL }, told.ToArray());
        }

        [Fact]
        public void EndsOnManyThreadsAtOnceAreOne()
        {
            for (int i = 0; i < 100; i++)
            {
                var ends = new ConcurrentBag<bool>();
                Watch watch = histogram.Watch(1, value => { });
                Support.OnThreads(3, number => ends.Add(watch.Unwatch()));
                Assert.Equal(1, ends.Count(end => end));
            }
        }

        private static string ErrorsOf(Action work)
        {
            TextWriter before = Console.Error;
            using var said = new StringWriter();
            Console.SetError(said);
            try
            {
                work();
            }
            finally
            {
                Console.SetError(before);
            }
            return said.ToString();
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void WatchAndForget(Histogram histogram, List<ulong> told) => histogram.Watch(1, told.Add);

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static WeakReference WatchThrough(Histogram histogram)
        {
            var told = new List<ulong>();
            Func<ulong, bool> watcher = value =>
            {
                told.Add(value);
                return true;
            };
            histogram.WatchWhile(1, watcher);
            return new WeakReference(watcher);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static WeakReference WatchAndEnd(Histogram histogram)
        {
            var told = new List<ulong>();
            histogram.Watch(1, told.Add).Unwatch();
            return new WeakReference(told);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static WeakReference WatchTooHigh(Histogram histogram)
        {
            var told = new List<ulong>();
            Assert.Throws<OutOfRangeException>(() => histogram.Watch(ulong.MaxValue, told.Add));
            return new WeakReference(told);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static WeakReference MakeCycle()
        {
            var inCycle = new Histogram();
            inCycle.Watch(1, value => { _ = inCycle.Count; });
            inCycle.Record(1);
            return new WeakReference(inCycle);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void LeaveBoth(ConcurrentBag<ulong> told)
        {
            var left = new Histogram();
            left.Watch(1, told.Add);
            GC.KeepAlive(new RecordsAtItsEnd(left));
        }

        private sealed class WaitsWriter : StringWriter
        {
            public override void WriteLine(string? value)
            {
                Thread.Sleep(1);
                base.WriteLine(value);
            }
        }

        private sealed class RecordsAtItsEnd
        {
            private readonly Histogram histogram;

            internal RecordsAtItsEnd(Histogram histogram) => this.histogram = histogram;

            ~RecordsAtItsEnd() => histogram.Record(77);
        }
    }
}
