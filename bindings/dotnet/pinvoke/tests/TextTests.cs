using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Tollbridge.Probes;
using Xunit;

namespace Tollbridge.Tests
{
    public class TextTests
    {
        [Fact]
        public void TextOfEveryLengthCrosses()
        {
            // Around the length up to which it is encoded on the stack.
            foreach (int length in new[] { 0, 1, 83, 84, 85, 86, 255, 256, 257, 10_000 })
            {
                foreach (string character in new[] { "a", "é", "€", "😀", "\0" })
                {
                    var text = new StringBuilder().Insert(0, character, length).ToString();
                    Assert.Equal(text, Probe.Echo(text));
                    Assert.Equal((ulong)length, Probe.StrChars(text));
                    Assert.Equal((ulong)Encoding.UTF8.GetByteCount(text), Probe.StrLen(text));
                }
            }
        }

        [Fact]
        public void NulIsKept()
        {
            Assert.Equal("a\0b\0", Probe.Echo("a\0b\0"));
            using var histogram = new Histogram();
            var refused = Assert.Throws<InvalidTagException>(() => histogram.Tag = "ab\0");
            Assert.Equal("\0", refused.Character);
            Assert.Equal(2UL, refused.Offset);
        }

        [Fact]
        public void ALoneSurrogateIsRefusedWhereItStands()
        {
            using var histogram = new Histogram { Tag = "before" };
            string rented = new string('é', 1000);
            var texts = new Dictionary<string, ulong>
            {
                ["\ud800"] = 0,
                ["\udc00"] = 0,
                ["a\ud800"] = 1,
                ["a\ud800b"] = 1,
                ["\ud800\ud800\udc00"] = 0,
                ["😀\udc00\ud800"] = 1,
                ["é€😀\udfff"] = 3,
                [rented + "\ud83d"] = 1000,
                ["\ud83d" + rented] = 0,
            };
            foreach (KeyValuePair<string, ulong> row in texts)
            {
                string text = row.Key;
                var uses = new List<Action>
                {
                    () => Probe.StrLen(text),
                    () => Probe.StrChars(text),
                    () => Probe.Echo(text),
                    () => Probe.ShapeIn(new Shape.Label(text)),
                    () => Probe.MapSum(new Dictionary<string, ulong> { [text] = 1 }),
                    () => Fault.Panic(text),
                    () => histogram.Tag = text,
                    () => histogram.RecordDurations(text),
                    () => histogram.RecordDurations(text.AsSpan()),
                };
                foreach (Action use in uses)
                {
                    Assert.Equal(row.Value, Assert.Throws<InvalidTextException>(use).Offset);
                }
            }
            Assert.Equal("before", histogram.Tag);
            Assert.True(histogram.IsEmpty);
        }

        [Fact]
        public void SoIsItInAPath()
        {
            using var scratch = new Scratch();
            Assert.Throws<InvalidTextException>(() => IntervalLog.Replay(scratch["a\ud800"]));
            Assert.Throws<InvalidTextException>(() => new LogWriter(scratch["a\ud800"]));
            Assert.Equal(0, Directory.GetFiles(scratch[""]).Length);
        }

        [Fact]
        public void AMapThatChangesMeanwhileIsRefusedAndNotCutShort()
        {
            string longer = new string('x', 1000);
            foreach (string[] later in new[] { new[] { longer }, new[] { "a", "b" }, new[] { "a", longer } })
            {
                Assert.Throws<InvalidOperationException>(() => Probe.MapSum(new ChangingMap(new[] { "a" }, later)));
            }
            Assert.Equal(2UL, Probe.MapSum(new ChangingMap(new[] { "a", "b" }, new[] { "c" })));
        }

        [Fact]
        public void BytesThatAreTextAreChecked()
        {
            using var histogram = new Histogram();
            Assert.Equal(2UL, histogram.RecordDurations(Encoding.UTF8.GetBytes("1us 2µs")));
            var refused = Assert.Throws<InvalidTextException>(() => histogram.RecordDurations(new byte[] { 0xc3, 0xa9, 0xff }));
            Assert.Equal(1UL, refused.Offset);
            Assert.Equal(1UL, histogram.RecordDurations("x 1us".AsSpan(2)));
        }

        [Fact]
        public void BytesThatAnotherThreadChangesAreRefusedOrTakenButNothingBreaks()
        {
            using var histogram = new Histogram();
            byte[] good = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("1us 2µs ", 400)));
            var text = (byte[])good.Clone();
            bool done = false;
            Support.OnThreads(2, number =>
            {
                var random = new Random(1);
                if (number == 0)
                {
                    while (!Volatile.Read(ref done))
                    {
                        text[random.Next(text.Length)] = (byte)random.Next(256);
                    }
                    return;
                }
                try
                {
                    for (int i = 0; i < 20_000; i++)
                    {
                        good.CopyTo(text, 0);
                        try
                        {
                            histogram.RecordDurations(text);
                        }
                        catch (TollbridgeException refused) when (!(refused is PanicException || refused is PoisonedException))
                        {
                            // It was changed before it was copied.
                        }
                    }
                }
                finally
                {
                    Volatile.Write(ref done, true);
                }
            });
        }

        [Fact]
        public void NullIsNoText()
        {
            using var histogram = new Histogram();
            Assert.Throws<ArgumentNullException>(() => histogram.Tag = null!);
            Assert.Throws<ArgumentNullException>(() => histogram.RecordDurations((string)null!));
            Assert.Throws<ArgumentNullException>(() => Probe.StrLen(null!));
            Assert.Throws<ArgumentNullException>(() => Probe.ShapeIn(null!));
            Assert.Throws<ArgumentNullException>(() => new LogWriter(null!));
            Assert.Throws<ArgumentNullException>(() => IntervalLog.Replay(null!));
        }

        /// <summary>Has other keys when its entries are read than when its keys are, as if another thread had changed it.</summary>
        private sealed class ChangingMap : IReadOnlyDictionary<string, ulong>
        {
            private readonly string[] later;

            internal ChangingMap(string[] keys, string[] later)
            {
                Keys = keys;
                this.later = later;
            }

            public IEnumerable<string> Keys { get; }

            public IEnumerable<ulong> Values => Keys.Select(key => 1UL);

            public int Count => Keys.Count();

            public ulong this[string key] => 1;

            public bool ContainsKey(string key) => Keys.Contains(key);

            public bool TryGetValue(string key, out ulong value)
            {
                value = 1;
                return ContainsKey(key);
            }

            public IEnumerator<KeyValuePair<string, ulong>> GetEnumerator() =>
                later.Select(key => KeyValuePair.Create(key, 1UL)).GetEnumerator();

            IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
        }
    }
}
