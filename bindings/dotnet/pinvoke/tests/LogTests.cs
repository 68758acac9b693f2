using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace Tollbridge.Tests
{
    public sealed class LogTests : IDisposable
    {
        private readonly Scratch scratch = new Scratch();

        public void Dispose() => scratch.Dispose();

        [Fact]
        public async Task WhatIsWrittenIsReadByTag()
        {
            using var histogram = new Histogram(1, 1000, 3) { Tag = "é" };
            using (var writer = new LogWriter(scratch["log"], DateTimeOffset.FromUnixTimeMilliseconds(1_500_000_000_250)))
            {
                histogram.Record(5);
                writer.Write(histogram, TimeSpan.Zero, TimeSpan.FromSeconds(1));
                histogram.Record(6);
                writer.Write(histogram, 1.0, 0.5);
                histogram.Tag = "";
                writer.Write(histogram, 1.5, 0.5);
            }
            string text = File.ReadAllText(scratch["log"]);
            Assert.Contains("1500000000.250", text);
            var fractions = new Told();
            IReadOnlyDictionary<string, Histogram> replayed = await IntervalLog.ReplayAsync(scratch["log"], fractions);
            Assert.Equal(new[] { "", "é" }, replayed.Keys.OrderBy(tag => tag, StringComparer.Ordinal).ToArray());
            Assert.Equal(3UL, replayed["é"].Count);
            Assert.Equal(2UL, replayed[""].Count);
            Assert.Equal("é", replayed["é"].Tag);
            Assert.Equal(0.0, fractions.Values.First());
            Assert.Equal(1.0, fractions.Values.Last());
            foreach (Histogram each in replayed.Values)
            {
                each.Dispose();
            }
        }

        [Fact]
        public void ALogBeginsNowIfNothingIsSaid()
        {
            long before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
            new LogWriter(scratch["log"]).Dispose();
            string line = File.ReadLines(scratch["log"]).First(each => each.Contains("StartTime", StringComparison.Ordinal));
            double start = double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
            Assert.True(start >= before && start <= DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1);
            Assert.Throws<InvalidArgumentException>(() => new LogWriter(scratch["log"], DateTimeOffset.UnixEpoch.AddDays(-1)));
        }

        [Fact]
        public void ProgressStopsItOrThrows()
        {
            string path = Support.Data("java-mixed.hlog");
            Assert.Throws<CancelledException>(() => IntervalLog.Replay(path, progress => false));
            var mine = new MineException();
            Assert.Same(mine, Assert.Throws<MineException>(() => IntervalLog.Replay(path, progress => throw mine)));
            var last = default(LogProgress);
            IntervalLog.Replay(path, progress =>
            {
                last = progress;
                return true;
            });
            Assert.Equal((ulong)new FileInfo(path).Length, last.Total);
            Assert.Equal(last.Total, last.Bytes);
            Assert.True(last.Intervals > 0);
            Assert.Equal<double?>(1.0, last.Fraction);
        }

        [Fact]
        public async Task TheMemoryOfTheSumsHasALimit()
        {
            string path = Support.Data("java-mixed.hlog");
            var thrown = Assert.Throws<TooManyException>(() => IntervalLog.Replay(path, memoryLimit: 1000));
            Assert.Equal("memory_limit", thrown.What);
            Assert.Equal(1000UL, thrown.Limit);
            Assert.True(thrown.Message.EndsWith(thrown.Advice, StringComparison.Ordinal));
            await Assert.ThrowsAsync<TooManyException>(() => IntervalLog.ReplayAsync(path, memoryLimit: 1000));
            Assert.Equal(IntervalLog.Replay(path).Count, IntervalLog.Replay(path, memoryLimit: ulong.MaxValue).Count);
        }

        [Fact]
        public async Task ATokenCancelsIt()
        {
            string path = Support.Data("java-mixed.hlog");
            using var cancellation = new CancellationTokenSource();
            var thrown = await Assert.ThrowsAsync<OperationCanceledException>(
                () => IntervalLog.ReplayAsync(path, new Then(cancellation.Cancel), cancellation.Token));
            Assert.Equal(cancellation.Token, thrown.CancellationToken);
            // Cancelled before it begins, with a callback and without.
            Assert.Throws<OperationCanceledException>(() => IntervalLog.Replay(path, null, cancellation.Token));
            Task late = IntervalLog.ReplayAsync(path, null, cancellation.Token);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => late);
            Assert.True(late.IsCanceled);
            // Even when there is no file.
            Assert.Throws<OperationCanceledException>(() => IntervalLog.Replay(scratch["missing"], null, cancellation.Token));
        }

        [Fact]
        public async Task WhatIProgressThrowsEndsTheTask()
        {
            var mine = new MineException();
            var replay = IntervalLog.ReplayAsync(Support.Data("java-mixed.hlog"), new Then(() => throw mine));
            Assert.Same(mine, await Assert.ThrowsAsync<MineException>(() => replay));
        }

        [Fact]
        public async Task APipeThatHasNothingToSayIsCancelledToo()
        {
            using (Process made = Process.Start("mkfifo", scratch["pipe"])!)
            {
                made.WaitForExit();
            }
            using var cancellation = new CancellationTokenSource();
            int told = 0;
            Task replay = Task.Run(() => IntervalLog.Replay(
                scratch["pipe"],
                progress =>
                {
                    // The first is from before it reads.
                    if (++told == 3)
                    {
                        cancellation.Cancel();
                    }
                    return true;
                },
                cancellation.Token));
            using FileStream open = File.OpenWrite(scratch["pipe"]);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => replay);
        }

        [Fact]
        public async Task WhatIsWrongWithAFileIsTold()
        {
            var missing = await Assert.ThrowsAsync<LogFileException>(() => IntervalLog.ReplayAsync(scratch["missing"]));
            Assert.Equal(scratch["missing"], missing.Path);
            var malformed = Assert.Throws<MalformedLogException>(() => IntervalLog.Replay(Support.Data("bad-number.hlog")));
            Assert.True(malformed.Line > 0);
            Assert.Throws<ArgumentNullException>(() => { IntervalLog.ReplayAsync(null!); });
            Assert.Throws<LogFileException>(() => new LogWriter(scratch["no folder/log"]));
        }

        /// <summary>Unlike <see cref="Progress{T}"/>, told on the thread that works.</summary>
        private sealed class Told : IProgress<double>
        {
            internal List<double> Values { get; } = new List<double>();

            public void Report(double value) => Values.Add(value);
        }

        private sealed class Then : IProgress<double>
        {
            private readonly Action then;

            internal Then(Action then) => this.then = then;

            public void Report(double value) => then();
        }
    }
}
