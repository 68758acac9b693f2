using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using Xunit;

namespace Tollbridge.Tests
{
    public class LifecycleTests
    {
        [Fact]
        public void DisposingTwiceIsAllowed()
        {
            var histogram = new Histogram();
            Assert.False(histogram.IsDisposed);
            histogram.Dispose();
            histogram.Dispose();
            Assert.True(histogram.IsDisposed);
        }

        [Fact]
        public void EveryMemberRefusesADisposedHistogram()
        {
            var disposed = new Histogram(1, 1000, 3);
            disposed.Dispose();
            AssertRefused(disposed);
        }

        [Fact]
        public void AlsoWhileACallThatBeganBeforeStillRuns()
        {
            var disposed = new Histogram(1, 1000, 3);
            disposed.Record(1);
            Assert.True(disposed.ForEachBucket(bucket =>
            {
                disposed.Dispose();
                Assert.True(disposed.IsDisposed);
                AssertRefused(disposed);
                return true;
            }));
        }

        [Fact]
        public void CursorsAndWritersRefuseToo()
        {
            using var histogram = new Histogram();
            Cursor cursor = histogram.OpenCursor();
            cursor.Dispose();
            cursor.Dispose();
            Assert.Throws<ObjectDisposedException>(() => cursor.Next(new Bucket[1]));
            using var scratch = new Scratch();
            var writer = new LogWriter(scratch["log"]);
            writer.Dispose();
            writer.Dispose();
            Assert.Throws<ObjectDisposedException>(() => writer.Write(histogram, 0, 1));
        }

        [Fact]
        public void AHandleKeepsTheHistogram()
        {
            var histogram = new Histogram(1, 1000, 3);
            using Histogram shared = histogram.Share();
            histogram.Record(5);
            histogram.Dispose();
            shared.Record(6);
            Assert.Equal(2UL, shared.Count);
        }

        [Fact]
        public void ACursorOutlivesItsHistogram()
        {
            var histogram = new Histogram(1, 1000, 3);
            histogram.RecordAll(new ulong[] { 1, 2, 2 });
            using Cursor cursor = histogram.OpenCursor();
            histogram.Dispose();
            var buckets = new Bucket[3];
            Assert.Equal(2, cursor.Next(buckets));
            Assert.Equal(new[] { new Bucket(1, 1, 1), new Bucket(2, 2, 3), default }, buckets);
            Assert.Equal(0, cursor.Next(buckets));
        }

        [Fact]
        public void ACallFinishesBeforeItsHandleIsFreed()
        {
            using var histogram = new Histogram(1, 1000, 3);
            for (int i = 0; i < 50; i++)
            {
                Histogram handle = histogram.Share();
                using var inside = new ManualResetEventSlim();
                using var disposed = new ManualResetEventSlim();
                var thread = new Thread(() => handle.ForEachBucket(bucket =>
                {
                    inside.Set();
                    disposed.Wait();
                    return true;
                }));
                histogram.Record(1);
                thread.Start();
                inside.Wait();
                handle.Dispose();
                Assert.Throws<ObjectDisposedException>(() => handle.Record(1));
                disposed.Set();
                thread.Join();
                Assert.Throws<ObjectDisposedException>(() => handle.Record(1));
            }
            Assert.Equal(50UL, histogram.Count);
        }

        /// <summary>Nobody asks it to: it knows what they weigh.</summary>
        [Fact]
        public void TheCollectorFreesWhatIsForgotten()
        {
            static long Mapped()
            {
                using Process self = Process.GetCurrentProcess();
                return self.VirtualMemorySize64;
            }

            // Each takes 24 MiB of address space, a snapshot as much again.
            long before = Mapped();
            for (int i = 0; i < 100; i++)
            {
                Forget();
            }
            Assert.True(Mapped() - before < 2_000_000_000);
        }

        /// <summary>As the specification of HdrHistogram has it, in bytes of counts.</summary>
        [Fact]
        public void AHistogramWeighsWhatItsCountsTake()
        {
            const long Least = 1024;
            foreach ((ulong lowest, ulong highest, byte digits, long counts) in new[]
            {
                (1UL, 2UL, (byte)0, 3L),
                (1UL, 1000UL, (byte)3, 2 * 1024L),
                (1UL, 2047UL, (byte)3, 2 * 1024L),
                (1UL, 2048UL, (byte)3, 3 * 1024L),
                (1UL, 3_600_000_000_000UL, (byte)3, 33 * 1024L),
                (1UL, 3_600_000_000_000UL, (byte)5, 26 * 131_072L),
                (1000UL, 3_600_000_000_000UL, (byte)2, 27 * 128L),
                (1UL, (ulong)long.MaxValue, (byte)5, 47 * 131_072L),
            })
            {
                var config = new NativeMethods.Config { Lowest = lowest, Highest = highest, SignificantDigits = digits };
                Assert.Equal(Least + counts * sizeof(ulong), Weight.Of(config));
            }
        }

        [Fact]
        public void TheCollectorIsToldOfWhatThereIsAndOfNothingThatComesAndGoes()
        {
            const long Large = 27_000_000;
            Support.Collect();
            long before = Pressure.Told;
            for (int i = 0; i < 100; i++)
            {
                new Histogram(significantDigits: 5).Dispose();
            }
            // One that was told of in a step that was due anyway.
            Assert.True(Math.Abs(Pressure.Told - before) < 4 * Large);
            var many = Enumerable.Range(0, 20).Select(_ => new Histogram(significantDigits: 5)).ToList();
            Assert.True(Pressure.Told - before > 16 * Large);
            many.ForEach(each => each.Dispose());
            Assert.True(Pressure.Told - before < 4 * Large);
        }

        [Fact]
        public void AllHandlesOfAHistogramHaveOneWeight()
        {
            using var histogram = new Histogram();
            using Histogram shared = histogram.Share();
            Weight weight = Histogram.HandleOf(histogram).Weight!;
            Assert.Same(weight, Histogram.HandleOf(shared).Weight);
            Assert.Equal(2, weight.Handles);
            shared.Dispose();
            shared.Dispose();
            Assert.Equal(1, weight.Handles);
            histogram.Dispose();
            Assert.Equal(0, weight.Handles);
        }

        [Fact]
        public void FinalizersMayUseAHistogram()
        {
            using var histogram = new Histogram();
            for (int i = 0; i < 10; i++)
            {
                Leave(histogram);
            }
            Support.Collect();
            Assert.Equal(10UL, histogram.Count);
        }

        [Fact]
        public void HandlesAreLetGoOfByTheCollectorDuringCalls()
        {
            using var histogram = new Histogram();
            Support.OnThreads(2, number =>
            {
                for (int i = 0; i < 2000; i++)
                {
                    histogram.Share().Record(1);
                    if (number == 0 && i % 100 == 0)
                    {
                        Support.Collect();
                    }
                }
            });
            Assert.Equal(4000UL, histogram.Count);
        }

        private static void AssertRefused(Histogram disposed)
        {
            using var other = new Histogram(1, 1000, 3);
            using var scratch = new Scratch();
            using var writer = new LogWriter(scratch["log"]);
            var uses = new List<Action>
            {
                () => disposed.Record(1),
                () => disposed.RecordN(1, 1),
                () => disposed.RecordAll(new ulong[] { 1 }),
                () => disposed.RecordDurations("1us"),
                () => _ = disposed.Lowest,
                () => _ = disposed.Highest,
                () => _ = disposed.SignificantDigits,
                () => _ = disposed.Count,
                () => _ = disposed.IsEmpty,
                () => _ = disposed.Min,
                () => _ = disposed.Max,
                () => _ = disposed.Mean,
                () => _ = disposed.StandardDeviation,
                () => disposed.ValueAtQuantile(0.5),
                () => disposed.ValuesAtQuantiles(new[] { 0.5 }),
                () => disposed.GetSummary(),
                () => disposed.Buckets().ToList(),
                () => disposed.OpenCursor(),
                () => disposed.ForEachBucket(bucket => true),
                () => disposed.Watch(1, value => { }),
                () => _ = disposed.Tag,
                () => disposed.Tag = "a",
                () => disposed.Render(),
                () => disposed.Merge(other),
                () => other.Merge(disposed),
                () => disposed.Encode(),
                () => disposed.Share(),
                () => writer.Write(disposed, 0, 1),
            };
            foreach (Action use in uses)
            {
                ObjectDisposedException refused = Assert.Throws<ObjectDisposedException>(use);
                Assert.Equal(typeof(Histogram).FullName, refused.ObjectName);
            }
            // A use that was refused has not kept the other argument in use.
            other.Dispose();
            Assert.Throws<ObjectDisposedException>(() => other.Record(1));
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Forget()
        {
            var forgotten = new Histogram(1, 1UL << 40, 5);
            forgotten.Record(1);
            forgotten.OpenCursor();
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Leave(Histogram histogram) => GC.KeepAlive(new RecordsAtItsEnd(histogram));

        private sealed class RecordsAtItsEnd
        {
            private readonly Histogram histogram;

            internal RecordsAtItsEnd(Histogram histogram) => this.histogram = histogram;

            ~RecordsAtItsEnd() => histogram.Record(1);
        }
    }
}
