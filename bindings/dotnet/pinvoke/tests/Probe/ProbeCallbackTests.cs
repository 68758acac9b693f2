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
        public void TheCollectorRunsInsideCallbacks()
        {
            ulong? sum = Probe.CallBack(20, number =>
            {
                var garbage = new byte[1000];
                Support.Collect();
                return number + (ulong)garbage[0];
            });
            Assert.Equal<ulong?>(190, sum);
            Assert.Equal<ulong?>(190, Probe.CallBackFromNewThread(20, number =>
            {
                Support.Collect();
                return number;
            }));
        }

        [Fact]
        public void CallbacksOfManyThreadsAreKeptApart()
        {
            Support.OnThreads(4, own =>
            {
                for (int i = 0; i < 200; i++)
                {
                    Assert.Equal<ulong?>(10 * (ulong)own, Probe.CallBack(10, number => (ulong)own));
                }
            });
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

        [Fact]
        public void NullStops()
        {
            Assert.Null(Probe.CallBack(10, number => number < 5 ? number : (ulong?)null));
        }
    }
}
