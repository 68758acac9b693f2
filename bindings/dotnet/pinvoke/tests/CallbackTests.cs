using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace Tollbridge.Tests
{
    public sealed class CallbackTests : IDisposable
    {
        private readonly Histogram histogram = new Histogram(1, 1000, 3);

        public CallbackTests() => histogram.RecordAll(new ulong[] { 1, 2, 3 });

        public void Dispose() => histogram.Dispose();

        [Fact]
        public void AVisitorSeesAllOrStops()
        {
            var seen = new List<ulong>();
            Assert.True(histogram.ForEachBucket(bucket =>
            {
                seen.Add(bucket.Value);
                return true;
            }));
            Assert.Equal(new List<ulong> { 1, 2, 3 }, seen);
            Assert.False(histogram.ForEachBucket(bucket => bucket.Value < 2));
            Assert.True(histogram.ForEachBucket(bucket => false, new Scan.Linear(1000)) || !histogram.IsEmpty);
        }

        [Fact]
        public void ItsExceptionComesOutTheVerySameWithItsStack()
        {
            var mine = new MineException();
            bool Throw(Bucket bucket) => bucket.Value == 2 ? throw mine : true;
            var thrown = Assert.Throws<MineException>(() => histogram.ForEachBucket(Throw));
            Assert.Same(mine, thrown);
            Assert.Contains(nameof(Throw), thrown.StackTrace);
            histogram.Record(4);
        }

        [Fact]
        public void AnErrorOfTheLibraryInsideComesOutToo()
        {
            var refused = Assert.Throws<OutOfRangeException>(() => histogram.ForEachBucket(bucket =>
            {
                histogram.Record(1001);
                return true;
            }));
            Assert.Equal(1001UL, refused.Value);
        }

        [Fact]
        public void VisitorsMayUseAndDisposeOfTheHistogram()
        {
            int seen = 0;
            histogram.ForEachBucket(bucket =>
            {
                histogram.ForEachBucket(inner =>
                {
                    seen++;
                    return true;
                });
                return true;
            });
            Assert.Equal(9, seen);
            seen = 0;
            Assert.True(histogram.ForEachBucket(bucket =>
            {
                histogram.Dispose();
                seen++;
                return true;
            }));
            Assert.Equal(3, seen);
            Assert.Throws<ObjectDisposedException>(() => histogram.Record(1));
        }

        [Fact]
        public void TheCollectorRunsInsideCallbacks()
        {
            ulong sum = 0;
            histogram.RecordAll(Enumerable.Range(4, 17).Select(value => (ulong)value).ToArray());
            Assert.True(histogram.ForEachBucket(bucket =>
            {
                var garbage = new byte[1000];
                Support.Collect();
                sum += bucket.Value + (ulong)garbage[0];
                return true;
            }));
            Assert.Equal(210UL, sum);
        }

        [Fact]
        public void CallbacksOfManyThreadsAreKeptApart()
        {
            Support.OnThreads(4, own =>
            {
                for (int i = 0; i < 200; i++)
                {
                    int seen = 0;
                    Assert.Equal(own == 3, histogram.ForEachBucket(bucket => seen++ < own));
                    Assert.Equal(Math.Min(own + 1, 3), seen);
                }
            });
        }

        [Fact]
        public void NoCallbackIsRefused()
        {
            Assert.Throws<ArgumentNullException>(() => histogram.ForEachBucket(null!));
            Assert.Throws<ArgumentNullException>(() => histogram.Watch(1, null!));
            Assert.Throws<ArgumentNullException>(() => histogram.WatchWhile(1, null!));
        }

        [Fact]
        public void AnEnumerationMayBeLeft()
        {
            foreach (Bucket bucket in histogram.Buckets())
            {
                if (bucket.Value == 2)
                {
                    break;
                }
            }
            Assert.Equal(2UL, histogram.Buckets().Skip(1).First().Value);
            using IEnumerator<Bucket> left = histogram.Buckets().GetEnumerator();
            Assert.True(left.MoveNext());
        }
    }
}
