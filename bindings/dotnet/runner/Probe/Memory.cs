#if HISTOGRAM
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;

namespace Tollbridge.Runner
{
    /// <summary>Hazards of what the collector sees, and when.</summary>
    internal static class Memory
    {
        /// <summary>What a program may have resident, in bytes.</summary>
        internal const long Limit = 2_000_000_000;

        private const string Right = "right";
        private const string Wrong = "wrong";
        private const ulong Hour = 3_600_000_000_000;

        /// <summary>Values of which each is counted on another page of memory: after them, all of a histogram is resident.</summary>
        private static readonly ulong[] Everywhere = MakeEverywhere();

        internal static readonly Dictionary<string, Func<Histogram, string>> All = new Dictionary<string, Func<Histogram, string>>
        {
            ["forgotten-handles"] = histogram => Forget(large => { }),
            ["forgotten-cycles"] = histogram => Forget(large => large.Watch(Hour, value => GC.KeepAlive(large))),
            ["collected-during-call"] = CollectedDuringCall,
            ["callback-twice"] = CallbackTwice,
            ["never-initialised"] = NeverInitialised,
        };

        /// <summary>Bytes of this process that are in memory.</summary>
        internal static long Resident()
        {
            string line = File.ReadLines("/proc/self/status").First(each => each.StartsWith("VmRSS:", StringComparison.Ordinal));
            string number = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
            return 1024 * long.Parse(number, NumberStyles.None, CultureInfo.InvariantCulture);
        }

        /// <summary>A histogram of 27 MB, all of them in use.</summary>
        internal static Histogram MakeLarge()
        {
            var large = new Histogram(1, Hour, 5);
            large.RecordAll(Everywhere);
            return large;
        }

        private static ulong[] MakeEverywhere()
        {
            // 5 digits: 2^18 counts of one value each, then 2^17 for each power of two; 512 counts to a page.
            const int Linear = 18, Page = 9;
            var values = new List<ulong>();
            for (ulong value = 0, step = 1UL << Page; value <= Hour; value += step)
            {
                values.Add(value);
                if (value >= 1UL << Linear && (value & (value - 1)) == 0)
                {
                    step <<= 1;
                }
            }
            return values.ToArray();
        }

        private static string Forget(Action<Histogram> also)
        {
            for (int i = 0; i < 300; i++)
            {
                LeaveOne(also);
                if (i % 5 == 0 && Resident() > Limit)
                {
                    return Wrong;
                }
            }
            return Right;
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void LeaveOne(Action<Histogram> also) => also(MakeLarge());

        /// <summary>Nobody refers to the histogram any more once its call has begun.</summary>
        private static string CollectedDuringCall(Histogram histogram)
        {
            bool done = false;
            var collector = new Thread(() =>
            {
                while (!Volatile.Read(ref done))
                {
                    GC.Collect();
                    GC.WaitForPendingFinalizers();
                }
            });
            collector.Start();
            ulong[] ones = Enumerable.Repeat(1UL, 1_000_000).ToArray();
            bool right = true;
            for (int i = 0; i < 50; i++)
            {
                int told = 0;
                Lose(() => new Histogram(1, 1000, 3)).RecordAll(ones);
                right &= Lose(() => With(1)).ForEachBucket(bucket =>
                {
                    Thread.Sleep(1);
                    return bucket.Count == 1;
                });
                Lose(() => With(1, watcher: value => { told++; })).RecordAll(ones.AsSpan(0, 1000));
                right &= told == 1000 && Lose(() => With(2)).Encode().Length > 0;
            }
            Volatile.Write(ref done, true);
            collector.Join();
            return right ? Right : Wrong;
        }

        /// <summary>What was made on a frame that is gone.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static Histogram Lose(Func<Histogram> make) => make();

        private static Histogram With(ulong value, Action<ulong>? watcher = null)
        {
            var made = new Histogram(1, 1000, 3);
            if (watcher == null)
            {
                made.Record(value);
            }
            else
            {
                made.Watch(1, watcher);
            }
            return made;
        }

        private static string CallbackTwice(Histogram histogram)
        {
            int told = 0;
            Action<ulong> watcher = value => { told++; };
            Watch one = histogram.Watch(1, watcher);
            Watch other = histogram.Watch(1, watcher);
            histogram.Record(5);
            bool right = told == 2 && one.Unwatch() && !one.Unwatch();
            histogram.Record(5);
            right &= told == 3 && other.Unwatch();
            histogram.Record(5);
            return right && told == 3 ? Right : Wrong;
        }

        /// <summary>As what makes objects without their constructors would: reflection, a deserializer.</summary>
        private static string NeverInitialised(Histogram histogram)
        {
            var half = (Histogram)RuntimeHelpers.GetUninitializedObject(typeof(Histogram));
            half.Record(1);
            return Wrong;
        }
    }
}
#endif
