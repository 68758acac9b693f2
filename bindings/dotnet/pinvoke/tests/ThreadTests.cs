using System;
using System.Threading;
using Xunit;

namespace Tollbridge.Tests
{
    public class ThreadTests
    {
        [Fact]
        public void CallsOfManyThreadsAllCount()
        {
            using var histogram = new Histogram();
            Support.OnThreads(4, number =>
            {
                using Histogram own = histogram.Share();
                for (int i = 0; i < 5000; i++)
                {
                    own.Record((ulong)number + 1);
                    histogram.GetSummary();
                }
            });
            Assert.Equal(20_000UL, histogram.Count);
        }

        [Fact]
        public void MergesOfEachOtherDoNotDeadlock()
        {
            using var one = new Histogram();
            using var other = new Histogram();
            Support.OnThreads(2, number =>
            {
                for (int i = 0; i < 2000; i++)
                {
                    (number == 0 ? one : other).Merge(number == 0 ? other : one);
                }
            });
            one.Record(1);
            one.Merge(one);
            Assert.Equal(2UL, one.Count);
        }

        [Fact]
        public void DisposalsRaceWithCalls()
        {
            using var histogram = new Histogram();
            for (int i = 0; i < 300; i++)
            {
                Histogram handle = histogram.Share();
                Support.OnThreads(3, number =>
                {
                    if (number == 0)
                    {
                        handle.Dispose();
                        Assert.Throws<ObjectDisposedException>(() => handle.Record(1));
                        return;
                    }
                    try
                    {
                        handle.Record(1);
                    }
                    catch (ObjectDisposedException)
                    {
                        // The disposal was first.
                    }
                });
            }
            Assert.True(histogram.Count <= 600);
        }

        [Fact]
        public void AnInterruptInAVisitorComesOut()
        {
            using var histogram = new Histogram();
            histogram.Record(1);
            Assert.Throws<ThreadInterruptedException>(() => histogram.ForEachBucket(bucket =>
            {
                Thread.CurrentThread.Interrupt();
                Thread.Sleep(Timeout.Infinite);
                return true;
            }));
        }
    }
}
