using System;
using System.IO;
using Tollbridge.Probes;
using Xunit;

namespace Tollbridge.Tests
{
    public class ProbeWatchTests
    {
        [Fact]
        public void WhatCannotBePrintedEndsNothingThere()
        {
            using var histogram = new Histogram();
            histogram.Watch(1, value => throw new UnprintableException());
            TextWriter before = Console.Error;
            var closed = new StringWriter();
            closed.Dispose();
            Console.SetError(closed);
            try
            {
                Probe.RecordFromNewThread(histogram, 1);
            }
            finally
            {
                Console.SetError(before);
            }
            Assert.Equal(1UL, histogram.Count);
        }

        [Fact]
        public void ADisposedHistogramIsRefused()
        {
            var disposed = new Histogram();
            disposed.Dispose();
            foreach (Action use in new Action[] { () => Probe.RecordFromNewThread(disposed, 1), () => Fault.PanicWhileLocked(disposed) })
            {
                Assert.Equal(typeof(Histogram).FullName, Assert.Throws<ObjectDisposedException>(use).ObjectName);
            }
        }
    }
}
