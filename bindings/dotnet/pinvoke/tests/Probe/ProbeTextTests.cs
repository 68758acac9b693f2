using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using Tollbridge.Probes;
using Xunit;

namespace Tollbridge.Tests
{
    public class ProbeTextTests
    {
        [Fact]
        public void ALoneSurrogateIsRefusedWhereItStands()
        {
            foreach (KeyValuePair<string, ulong> row in TextTests.Surrogates)
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
                };
                foreach (Action use in uses)
                {
                    Assert.Equal(row.Value, Assert.Throws<InvalidTextException>(use).Offset);
                }
            }
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
        public void NullIsNoText()
        {
            Assert.Throws<ArgumentNullException>(() => Probe.StrLen(null!));
            Assert.Throws<ArgumentNullException>(() => Probe.ShapeIn(null!));
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
