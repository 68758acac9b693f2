using System;
using System.Collections.Generic;
using System.Linq;
using Tollbridge.Probes;
using Xunit;
using static Tollbridge.NativeMethods;

namespace Tollbridge.Tests
{
    public unsafe class ProbeErrorTests
    {
        [Fact]
        public void EveryErrorHasItsClassAndCanBeMade()
        {
            var errors = new Dictionary<string, Action>
            {
                ["poisoned"] = () => Poisoned(),
                ["panic"] = () => Fault.Panic("text"),
                ["probe"] = () => Probe.Fail(7),
            };
            foreach (KeyValuePair<string, Action> error in errors)
            {
                ErrorTests.MadeByHand(ErrorTests.Whole(error.Key, error.Value));
            }
        }

        [Fact]
        public void FieldsAndMessageAreTheCores()
        {
            var thrown = Assert.Throws<ProbeException>(() => Probe.Fail(7));
            Assert.Equal("probe failed: 7 NaN café", thrown.Message);
            Assert.Equal((7UL, "café"), (thrown.Number, thrown.Text));
            Assert.True(double.IsNaN(thrown.Ratio));
        }

        [Fact]
        public void APanicIsAnOrdinaryException()
        {
            Assert.Equal("a\0é", Assert.Throws<PanicException>(() => Fault.Panic("a\0é")).What);
            using var histogram = new Histogram();
            Assert.Throws<PanicException>(() => Fault.PanicWhileLocked(histogram));
            Assert.Throws<PoisonedException>(() => histogram.Record(1));
            Assert.Throws<PoisonedException>(() => histogram.Count);
        }

        [Fact]
        public void ArgumentsThatDoNotEvenCrossAreDotNetsToRefuse()
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => Probe.MakeBytes(-1));
        }

        [Fact]
        public void WhatIsNoOptionAndNoLengthIsRefused()
        {
            Assert.Throws<InvalidEnumException>(() =>
            {
                byte found;
                ulong value;
                Failure.Check(tb_probe_half(2, 0, &found, &value));
            });
            Assert.Throws<InvalidLengthException>(() =>
            {
                byte data = 0;
                ulong result;
                Failure.Check(tb_probe_bytes_ends(&data, unchecked((UIntPtr)ulong.MaxValue), &result));
            });
        }

        [Fact]
        public void EveryFunctionOfTheHeadersIsDeclared()
        {
            List<string> functions = Headers.Functions("tollbridge/probe.h", "tollbridge/fault.h");
            Assert.True(functions.Count > 25);
            IEnumerable<string> declared = Headers.Declared().Except(Headers.Functions("tollbridge.h"));
            Assert.Equal(Sorted(functions), Sorted(declared));
        }

        private static string Sorted(IEnumerable<string> lines) =>
            string.Join("\n", lines.OrderBy(line => line, StringComparer.Ordinal));

        private static void Poisoned()
        {
            using var histogram = new Histogram();
            ErrorTests.Caught(() => Fault.PanicWhileLocked(histogram));
            histogram.Record(1);
        }
    }
}
