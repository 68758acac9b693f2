using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Xunit;

namespace Tollbridge.Tests
{
    public class TextTests
    {
        /// <summary>Too long for the stack.</summary>
        private static readonly string Rented = new string('é', 1000);

        /// <summary>Text with a lone surrogate, and how many characters stand before it.</summary>
        internal static readonly Dictionary<string, ulong> Surrogates = new Dictionary<string, ulong>
        {
            ["\ud800"] = 0,
            ["\udc00"] = 0,
            ["a\ud800"] = 1,
            ["a\ud800b"] = 1,
            ["\ud800\ud800\udc00"] = 0,
            ["😀\udc00\ud800"] = 1,
            ["é€😀\udfff"] = 3,
            [Rented + "\ud83d"] = 1000,
            ["\ud83d" + Rented] = 0,
        };

        [Fact]
        public void TextOfEveryLengthCrosses()
        {
            // Around the length up to which it is encoded on the stack.
            foreach (int length in new[] { 0, 1, 83, 84, 85, 86, 255, 256, 257, 10_000 })
            {
                foreach (string character in new[] { "a", "é", "€", "😀", "\0" })
                {
                    var text = new StringBuilder().Insert(0, character, length).ToString();
                    Assert.Equal(text, length == 0 ? text : Back(text));
                }
            }
        }

        [Fact]
        public void NulIsKept()
        {
            Assert.Equal("a\0b\0", Back("a\0b\0"));
            using var histogram = new Histogram();
            var refused = Assert.Throws<InvalidTagException>(() => histogram.Tag = "ab\0");
            Assert.Equal("\0", refused.Character);
            Assert.Equal(2UL, refused.Offset);
        }

        [Fact]
        public void ALoneSurrogateIsRefusedWhereItStands()
        {
            using var histogram = new Histogram { Tag = "before" };
            foreach (KeyValuePair<string, ulong> row in Surrogates)
            {
                string text = row.Key;
                var uses = new List<Action>
                {
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
            using var histogram = new Histogram();
            foreach (string text in Surrogates.Keys)
            {
                string path = scratch[text];
                var refused = Assert.Throws<InvalidTextException>(() => histogram.RecordDurations(path));
                foreach (Action use in new Action[] { () => IntervalLog.Replay(path), () => new LogWriter(path) })
                {
                    var thrown = Assert.Throws<InvalidTextException>(use);
                    Assert.Equal((refused.Code, refused.Message, refused.Offset), (thrown.Code, thrown.Message, thrown.Offset));
                }
            }
            Assert.Equal(0, Directory.GetFiles(scratch[""]).Length);
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
            Assert.Throws<ArgumentNullException>(() => new LogWriter(null!));
            Assert.Throws<ArgumentNullException>(() => IntervalLog.Replay(null!));
        }

        /// <summary>What is no duration comes back in the error.</summary>
        private static string Back(string text)
        {
            using var histogram = new Histogram();
            return Assert.Throws<InvalidDurationException>(() => histogram.RecordDurations(text)).Token;
        }
    }
}
