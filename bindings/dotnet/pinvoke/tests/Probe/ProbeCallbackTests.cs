using System;
using System.Threading;
using Tollbridge.Probes;
using Xunit;

namespace Tollbridge.Tests
{
    public class ProbeCallbackTests
    {
        [Fact]
        public void AnExceptionComesOutTheVerySame()
        {
            var mine = new MineException();
            Assert.Same(mine, Assert.Throws<MineException>(() => Probe.CallBackFromNewThread(3, number => throw mine)));
            Assert.Same(mine, Assert.Throws<MineException>(() => Probe.CallBack(3, number => number == 1 ? throw mine : number)));
        }

        [Fact]
        public void TheCollectorRunsInsideCallbacksOfANewThread()
        {
            Assert.Equal<ulong?>(190, Probe.CallBackFromNewThread(20, number =>
            {
                Support.Collect();
                return number;
            }));
        }

        [Fact]
        public void ACallbackOfANewThreadRunsThere()
        {
            int here = Thread.CurrentThread.ManagedThreadId, there = here;
            Probe.CallBackFromNewThread(1, number =>
            {
                there = Thread.CurrentThread.ManagedThreadId;
                return 1;
            });
            Assert.True(here != there);
        }
    }
}
