using System;
using System.Linq;
using Xunit;

namespace Tollbridge.Tests
{
    public unsafe class SpanTests
    {
        [Fact]
        public void EmptySpansAreNothing()
        {
            using var histogram = new Histogram();
            histogram.RecordAll(default);
            histogram.RecordAll(Array.Empty<ulong>());
            histogram.RecordAll(new ulong[] { 1 }.AsSpan(1));
            Assert.Equal(0UL, histogram.RecordDurations(ReadOnlySpan<byte>.Empty));
            Assert.Equal(0UL, histogram.RecordDurations(ReadOnlySpan<char>.Empty));
            Assert.True(histogram.IsEmpty);
            histogram.Record(1);
            Assert.Equal(Array.Empty<ulong>(), histogram.ValuesAtQuantiles(default));
            using Cursor cursor = histogram.OpenCursor();
            Assert.Equal(0, cursor.Next(default));
            Assert.Throws<MalformedHistogramException>(() => Histogram.Decode(default));
        }

        [Fact]
        public void NoMemoryWithALengthIsRefused()
        {
            using var histogram = new Histogram();
            var refused = Assert.Throws<NullArgumentException>(() => histogram.RecordAll(new ReadOnlySpan<ulong>(null, 3)));
            Assert.Equal("values", refused.Argument);
        }

        [Fact]
        public void MemoryOfAnyKindIsBorrowed()
        {
            using var histogram = new Histogram(1, 1000, 3);
            Span<ulong> stack = stackalloc ulong[] { 1, 2, 3 };
            histogram.RecordAll(stack);
            histogram.RecordAll(stack.Slice(1, 1));
            var bytes = new byte[8 * 3 + 1];
            fixed (byte* data = bytes)
            {
                // At an odd address.
                var values = new Span<ulong>(data + 1, 3);
                values.Fill(7);
                histogram.RecordAll(values);
            }
            Assert.Equal(7UL, histogram.Count);
            Assert.Equal(7UL, histogram.Max);
        }

        [Fact]
        public void NothingIsWrittenBeyondWhatIsAnswered()
        {
            using var histogram = new Histogram(1, 1000, 3);
            Span<ulong> values = stackalloc ulong[] { 7, 7, 7 };
            Assert.False(histogram.TryGetValuesAtQuantiles(new[] { 0.5 }, values));
            Assert.Null(histogram.ValuesAtQuantiles(new[] { 0.5 }));
            Assert.Equal(7UL, values[0]);
            histogram.Record(5);
            Assert.True(histogram.TryGetValuesAtQuantiles(new[] { 0.5, 1.0 }, values));
            Assert.Equal(new ulong[] { 5, 5, 7 }, values.ToArray());
            Assert.Throws<ArgumentException>(() => histogram.TryGetValuesAtQuantiles(new[] { 0.5, 1.0 }, new ulong[1]));
        }

        [Fact]
        public void ANumberThatIsWrongIsToldByItsIndex()
        {
            using var histogram = new Histogram(1, 1000, 3);
            Assert.Equal(2UL, Assert.Throws<OutOfRangeException>(() => histogram.RecordAll(new ulong[] { 1, 2, 1001 })).Index);
            Assert.True(histogram.IsEmpty);
            var refused = Assert.Throws<InvalidQuantileException>(() => histogram.ValuesAtQuantiles(new[] { 0.5, double.NaN }));
            Assert.Equal(1UL, refused.Index);
            Assert.True(double.IsNaN(refused.Quantile));
        }

        [Fact]
        public void BucketsComeInAnyPortions()
        {
            using var histogram = new Histogram(1, 100_000, 5);
            histogram.RecordAll(Enumerable.Range(1, 1000).Select(value => (ulong)value).ToArray());
            Assert.Equal(1000, histogram.Buckets().Count());
            Assert.Equal(1UL, histogram.Buckets().First().Value);
            Assert.Equal(1000UL, histogram.Buckets().Last().Total);
            using Cursor cursor = histogram.OpenCursor();
            var buckets = new Bucket[300];
            var portions = Enumerable.Range(0, 5).Select(_ => cursor.Next(buckets)).ToArray();
            Assert.Equal(new[] { 300, 300, 300, 100, 0 }, portions);
        }

        [Fact]
        public void AnEnumerationIsOfTheMomentItBegins()
        {
            using var histogram = new Histogram(1, 1000, 3);
            BucketEnumerable buckets = histogram.Buckets();
            histogram.Record(1);
            foreach (Bucket bucket in buckets)
            {
                histogram.Record(2);
                Assert.Equal(new Bucket(1, 1, 1), bucket);
            }
            Assert.Equal(2, buckets.Count());
            Assert.Equal(2, buckets.Count());
        }

        [Fact]
        public void RecordsAreLaidOutAsInC()
        {
            Assert.Equal(24, sizeof(Bucket));
            Assert.Equal(72, sizeof(Summary));
            Assert.Equal(24, sizeof(LogProgress));
            Assert.Equal(24, sizeof(NativeMethods.Config));
            Assert.Equal(24, sizeof(NativeMethods.NativeScan));
            Assert.Equal(48, sizeof(NativeMethods.ErrorDetails));
            Assert.Equal(48, sizeof(NativeMethods.ErrorField));
        }

        [Fact]
        public void BucketsAreValues()
        {
            var bucket = new Bucket(1, 2, 3);
            var (value, count, total) = bucket;
            Assert.Equal((1UL, 2UL, 3UL), (value, count, total));
            Assert.True(bucket == new Bucket(1, 2, 3));
            Assert.True(bucket != new Bucket(1, 2, 4));
            Assert.Equal(bucket.GetHashCode(), new Bucket(1, 2, 3).GetHashCode());
            Assert.Equal("up to 1: 2 of 3", bucket.ToString());
        }

        [Fact]
        public void SummariesAndProgressAreValues()
        {
            using var histogram = new Histogram(1, 1000, 3);
            histogram.RecordAll(new ulong[] { 1, 2, 3 });
            Summary summary = histogram.GetSummary()!.Value;
            var same = new Summary(3, 1, 3, 2, Math.Sqrt(2.0 / 3), 2, 3, 3, 3);
            Assert.True(summary == same && !(summary != same) && summary.Equals((object)same));
            Assert.Equal(same.GetHashCode(), summary.GetHashCode());
            Assert.True(summary != new Summary(3, 1, 3, 2, Math.Sqrt(2.0 / 3), 2, 2, 3, 3));
            var progress = new LogProgress(50, 100, 3);
            Assert.Equal<double?>(0.5, progress.Fraction);
            Assert.Null(new LogProgress(50, 0, 3).Fraction);
            Assert.True(progress == new LogProgress(50, 100, 3) && progress != new LogProgress(50, 100, 4));
            Assert.Equal(progress.GetHashCode(), new LogProgress(50, 100, 3).GetHashCode());
            Assert.Equal("50 of 100 bytes, 3 histograms", progress.ToString());
        }

        [Fact]
        public void WhatIsBorrowedIsNotCopied()
        {
            using var histogram = new Histogram();
            var values = new ulong[16];
            var quantiles = new[] { 0.5, 0.99 };
            var text = string.Concat(Enumerable.Repeat("1µs ", 2_500));
            long Allocated()
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                histogram.Record(5);
                histogram.RecordN(5, 2);
                histogram.RecordAll(values);
                histogram.RecordDurations("250us 1.5ms");
                histogram.Tag = "checkout";
                histogram.GetSummary();
                histogram.ValueAtQuantile(0.5);
                histogram.TryGetValuesAtQuantiles(quantiles, values);
                histogram.RecordDurations(text);
                return GC.GetAllocatedBytesForCurrentThread() - before;
            }

            Allocated();
            Assert.Equal(0L, Allocated());
        }
    }
}
