using System;
using Tollbridge.Probes;
using Xunit;

namespace Tollbridge.Tests
{
    public unsafe class ProbeSpanTests
    {
        [Fact]
        public void RecordsAreLaidOutAsInC()
        {
            Assert.Equal(32, sizeof(Point));
            Assert.Equal(32, sizeof(NativeMethods.NativeShape));
            Assert.Equal(24, sizeof(NativeMethods.Entry));
        }

        [Fact]
        public void WhatIsBorrowedIsNotCopied()
        {
            var bytes = new byte[100_000];
            var reals = new double[100_000];
            var points = new Point[10_000];
            var text = new string('é', 10_000);
            long Allocated()
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                Probe.StrLen("on the stack");
                Probe.StrLen(text);
                Probe.BytesEnds(bytes);
                Probe.F64Ends(reals);
                Probe.ScaleInPlace(reals, 1);
                Probe.PointsEnds(points);
                return GC.GetAllocatedBytesForCurrentThread() - before;
            }

            Allocated();
            Assert.Equal(0L, Allocated());
        }
    }
}
