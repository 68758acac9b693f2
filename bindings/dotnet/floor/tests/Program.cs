using System;
using System.Collections.Generic;
using System.Text;
using Tollbridge.Probes;

namespace Tollbridge.Tests
{
    /// <summary>The floor's edges, which no vector reaches. Exit code 1 when one is not as it should be.</summary>
    internal static class Program
    {
        private static int Main()
        {
            var failed = new List<string>();
            void Check(string what, bool holds)
            {
                if (!holds)
                {
                    failed.Add(what);
                }
            }

            Check("a lone surrogate is refused", Throws<EncoderFallbackException>(() => Probe.StrLen("a\ud800")));
            Check("so it is in long text", Throws<EncoderFallbackException>(() => Probe.Echo(new string('a', 1000) + "\ud800")));
            Check("and in a key", Throws<EncoderFallbackException>(() => Probe.MapSum(new Dictionary<string, ulong> { ["\udc00"] = 1 })));
            Check("a length is not negative", Throws<ArgumentOutOfRangeException>(() => Probe.MakeBytes(-1)));

            var data = new byte[4096];
            using (var counted = new Histogram(1, 1000, 3))
            {
                long Allocated()
                {
                    long before = GC.GetAllocatedBytesForCurrentThread();
                    Probe.Add(7, 35);
                    Probe.StrLen("short text, which is encoded on the stack");
                    Probe.BytesEnds(data);
                    counted.Record(5);
                    return GC.GetAllocatedBytesForCurrentThread() - before;
                }

                Allocated();
                Check("what is borrowed is not copied", Allocated() == 0);
            }

            var mine = new InvalidOperationException();
            ulong? Throw(ulong number) => throw mine;
            Check("a callback's exception comes out", ReferenceEquals(mine, Caught(() => Probe.CallBack(3, Throw))));
            Check("also of another thread", ReferenceEquals(mine, Caught(() => Probe.CallBackFromNewThread(3, Throw))));

            var histogram = new Histogram(1, 1000, 3);
            Check("none is recorded when one is too large", Throws<ArgumentOutOfRangeException>(() => histogram.RecordAll(new ulong[] { 1, 1001 })));
            histogram.RecordAll(new ulong[] { 1, 1000 });
            Check("both are recorded", histogram.Count == 2);
            histogram.Dispose();
            histogram.Dispose();
            Check("a closed handle is refused", Throws<ObjectDisposedException>(() => histogram.Record(1)));
            Check("a bad shape is refused", Throws<ArgumentOutOfRangeException>(() => new Histogram(1, 1000, 6)));

            failed.ForEach(Console.Error.WriteLine);
            return failed.Count == 0 ? 0 : 1;
        }

        private static bool Throws<T>(Action action)
            where T : Exception => Caught(action) is T;

        private static Exception? Caught(Action action)
        {
            try
            {
                action();
                return null;
            }
            catch (Exception exception)
            {
                return exception;
            }
        }
    }
}
