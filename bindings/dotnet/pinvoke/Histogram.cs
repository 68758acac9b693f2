using System;
using System.Threading;
using static Tollbridge.NativeMethods;

namespace Tollbridge
{
    /// <summary>
    /// A latency histogram: values are integers in a unit of your own, kept apart to some decimal digits.
    /// <para>
    /// An object is a handle. <see cref="Dispose"/>, or the garbage collector, lets go of it; the last handle frees the histogram.
    /// The collector is told of its memory, yet it frees later than <see cref="Dispose"/>. Any number of threads may use one at once:
    /// calls wait for each other, and one that runs while another thread disposes of the handle finishes first. Spans are borrowed for
    /// the call, during which nobody may write to their memory.
    /// </para>
    /// <para>
    /// What fails changes nothing, and throws a <see cref="TollbridgeException"/>. Any member may throw
    /// <see cref="ObjectDisposedException"/> after <see cref="Dispose"/>, <see cref="PoisonedException"/> after a
    /// <see cref="PanicException"/> that left the histogram half-changed.
    /// </para>
    /// </summary>
    public sealed unsafe class Histogram : IDisposable
    {
        private readonly HistogramHandle handle;

        /// <summary>Makes an empty histogram. Its memory follows from the arguments: at most 50 MiB.</summary>
        /// <param name="lowest">The lowest value that can be told from 0, from 1 to 2^62 - 1.</param>
        /// <param name="highest">The highest value that can be recorded, from twice <paramref name="lowest"/> to 2^63 - 1.</param>
        /// <param name="significantDigits">Decimal digits to which values are kept apart, from 0 to 5.</param>
        /// <exception cref="InvalidArgumentException">An argument is outside these bounds.</exception>
        public Histogram(ulong lowest = 1, ulong highest = 3_600_000_000_000, int significantDigits = 3)
            : this(new HistogramHandle())
        {
            bool fits = significantDigits >= byte.MinValue && significantDigits <= byte.MaxValue;
            var config = new Config
            {
                Lowest = lowest,
                Highest = highest,
                SignificantDigits = fits ? (byte)significantDigits : byte.MaxValue,
            };
            IntPtr histogram;
            try
            {
                Failure.Check(tb_histogram_new(&config, &histogram));
            }
            catch (InvalidArgumentException refused) when (!fits && refused.Argument == "significant_digits")
            {
                throw refused.Of(significantDigits);
            }
            handle.Adopt(histogram);
        }

        internal Histogram(HistogramHandle handle) => this.handle = handle;

        /// <summary>
        /// Told of exceptions that watchers throw, on the thread that they throw on: the caller that records is not to blame. What a
        /// listener throws is written to stderr, and the next listener is told. So is the watcher's own exception when no listener took it.
        /// The sender is the watcher's delegate.
        /// </summary>
        public static event EventHandler<WatcherFailedEventArgs>? WatcherFailed;

        /// <summary>The lowest value that can be told from 0.</summary>
        public ulong Lowest => ReadConfig().Lowest;

        /// <summary>The highest value that can be recorded.</summary>
        public ulong Highest => ReadConfig().Highest;

        /// <summary>Decimal digits to which values are kept apart.</summary>
        public int SignificantDigits => ReadConfig().SignificantDigits;

        /// <summary>Whether this handle was disposed of.</summary>
        public bool IsDisposed => handle.IsDisposed;

        /// <summary>How many values were recorded.</summary>
        public ulong Count
        {
            get
            {
                ulong count;
                IntPtr error = tb_histogram_len(handle.Acquire(), &count);
                handle.Release();
                Failure.Check(error);
                return count;
            }
        }

        /// <summary>Whether no value was recorded.</summary>
        public bool IsEmpty
        {
            get
            {
                byte empty;
                IntPtr error = tb_histogram_is_empty(handle.Acquire(), &empty);
                handle.Release();
                Failure.Check(error);
                return empty != 0;
            }
        }

        /// <summary>The lowest value recorded, the low end of its bucket; null when there is none.</summary>
        public ulong? Min
        {
            get
            {
                byte found;
                ulong value;
                IntPtr error = tb_histogram_min(handle.Acquire(), &found, &value);
                handle.Release();
                Failure.Check(error);
                return found != 0 ? value : (ulong?)null;
            }
        }

        /// <summary>The highest value recorded, the high end of its bucket; null when there is none.</summary>
        public ulong? Max
        {
            get
            {
                byte found;
                ulong value;
                IntPtr error = tb_histogram_max(handle.Acquire(), &found, &value);
                handle.Release();
                Failure.Check(error);
                return found != 0 ? value : (ulong?)null;
            }
        }

        /// <summary>The arithmetic mean; null when no value was recorded.</summary>
        public double? Mean
        {
            get
            {
                byte found;
                double value;
                IntPtr error = tb_histogram_mean(handle.Acquire(), &found, &value);
                handle.Release();
                Failure.Check(error);
                return found != 0 ? value : (double?)null;
            }
        }

        /// <summary>The standard deviation of the whole population; null when no value was recorded.</summary>
        public double? StandardDeviation
        {
            get
            {
                byte found;
                double value;
                IntPtr error = tb_histogram_stdev(handle.Acquire(), &found, &value);
                handle.Release();
                Failure.Check(error);
                return found != 0 ? value : (double?)null;
            }
        }

        /// <summary>The name that an interval log knows it by; empty when it has none.</summary>
        /// <exception cref="InvalidTagException">It has a comma, a line end or NUL.</exception>
        /// <exception cref="TooManyException">It has more than 4096 bytes in UTF-8.</exception>
        /// <exception cref="InvalidTextException">It has a lone surrogate.</exception>
        public string Tag
        {
            get
            {
                Owned tag;
                IntPtr error = tb_histogram_tag(handle.Acquire(), &tag);
                handle.Release();
                Failure.Check(error);
                return Utf8.Take(&tag);
            }

            set
            {
                var utf8 = new Utf8(value ?? throw new ArgumentNullException(nameof(value)), stackalloc byte[Utf8.OnStack]);
                IntPtr error;
                fixed (byte* data = utf8.Bytes)
                {
                    error = tb_histogram_set_tag(handle.Acquire(), data, (UIntPtr)utf8.Bytes.Length);
                }
                handle.Release();
                utf8.Dispose();
                Failure.Check(error);
            }
        }

        /// <summary>Makes a histogram of what <see cref="Encode"/> or another implementation of HdrHistogram wrote.</summary>
        /// <param name="data">V2 or the older V0 and V1, plain or with DEFLATE. It is borrowed for the call.</param>
        /// <returns>The caller's to dispose of. It has no tag.</returns>
        /// <exception cref="MalformedHistogramException">It is none. Hostile bytes cost at most 50 MiB.</exception>
        public static Histogram Decode(ReadOnlySpan<byte> data)
        {
            var handle = new HistogramHandle();
            IntPtr histogram;
            fixed (byte* bytes = data)
            {
                Failure.Check(tb_histogram_decode(bytes, (UIntPtr)data.Length, &histogram));
            }
            handle.Adopt(histogram);
            return new Histogram(handle);
        }

        /// <summary>Records one value. Watchers are called before this returns.</summary>
        /// <exception cref="OutOfRangeException">It is above <see cref="Highest"/>.</exception>
        /// <exception cref="CountOverflowException">The total would pass 2^63 - 1.</exception>
        public void Record(ulong value)
        {
            IntPtr error = tb_histogram_record(handle.Acquire(), value);
            handle.Release();
            Failure.Check(error);
        }

        /// <summary>Records one value several times; 0 times is allowed. Watchers are told once.</summary>
        /// <exception cref="OutOfRangeException">The value is above <see cref="Highest"/>.</exception>
        /// <exception cref="CountOverflowException">The total would pass 2^63 - 1.</exception>
        public void RecordN(ulong value, ulong count)
        {
            IntPtr error = tb_histogram_record_n(handle.Acquire(), value, count);
            handle.Release();
            Failure.Check(error);
        }

        /// <summary>Records all values, or none when one of them is refused.</summary>
        /// <param name="values">Borrowed for the call: nobody may change them meanwhile.</param>
        /// <exception cref="OutOfRangeException">A value is above <see cref="Highest"/>; the index says which.</exception>
        /// <exception cref="CountOverflowException">The total would pass 2^63 - 1.</exception>
        public void RecordAll(ReadOnlySpan<ulong> values)
        {
            IntPtr error;
            fixed (ulong* data = values)
            {
                error = tb_histogram_record_all(handle.Acquire(), data, (UIntPtr)values.Length);
            }
            handle.Release();
            Failure.Check(error);
        }

        /// <summary>Records durations in nanoseconds, or none when one of them is refused.</summary>
        /// <param name="text">
        /// <c>250us 1.5ms</c> and so on, with the units ns, us, µs, ms, s, m, h, separated by white space.
        /// </param>
        /// <returns>How many there were.</returns>
        /// <exception cref="InvalidDurationException">The text is none; line, column and token say where.</exception>
        /// <exception cref="OutOfRangeException">A duration is above <see cref="Highest"/>.</exception>
        /// <exception cref="CountOverflowException">The total would pass 2^63 - 1.</exception>
        /// <exception cref="InvalidTextException">The text has a lone surrogate.</exception>
        public ulong RecordDurations(string text) =>
            RecordDurations((text ?? throw new ArgumentNullException(nameof(text))).AsSpan());

        /// <inheritdoc cref="RecordDurations(string)"/>
        public ulong RecordDurations(ReadOnlySpan<char> text)
        {
            var utf8 = new Utf8(text, stackalloc byte[Utf8.OnStack]);
            ulong recorded = RecordDurations(utf8);
            utf8.Dispose();
            return recorded;
        }

        /// <summary>As <see cref="RecordDurations(string)"/>, of UTF-8.</summary>
        /// <param name="utf8">The text. It is copied, and checked.</param>
        /// <returns>How many there were.</returns>
        /// <exception cref="InvalidTextException">The bytes are not UTF-8.</exception>
        public ulong RecordDurations(ReadOnlySpan<byte> utf8)
        {
            var copy = new Utf8(utf8, stackalloc byte[Utf8.OnStack]);
            ulong recorded = RecordDurations(copy);
            copy.Dispose();
            return recorded;
        }

        /// <summary>The value at or below which a share of all values lies; null when no value was recorded.</summary>
        /// <param name="quantile">The share, from 0 to 1.</param>
        /// <exception cref="InvalidQuantileException">It is outside these bounds, or not a number.</exception>
        public ulong? ValueAtQuantile(double quantile)
        {
            byte found;
            ulong value;
            IntPtr error = tb_histogram_value_at_quantile(handle.Acquire(), quantile, &found, &value);
            handle.Release();
            Failure.Check(error);
            return found != 0 ? value : (ulong?)null;
        }

        /// <summary>The values at several quantiles, in a new array; null when no value was recorded.</summary>
        /// <param name="quantiles">Shares from 0 to 1. They are borrowed for the call.</param>
        /// <exception cref="InvalidQuantileException">One is outside these bounds, or not a number; the index says which.</exception>
        public ulong[]? ValuesAtQuantiles(ReadOnlySpan<double> quantiles)
        {
            var values = new ulong[quantiles.Length];
            return TryGetValuesAtQuantiles(quantiles, values) ? values : null;
        }

        /// <summary>As <see cref="ValuesAtQuantiles"/>, into memory of the caller's.</summary>
        /// <param name="quantiles">Shares from 0 to 1. They are borrowed for the call.</param>
        /// <param name="values">Where to; what is beyond the quantiles stays as it was. The two may not overlap.</param>
        /// <returns>Whether any value was recorded; if not, nothing is written.</returns>
        /// <exception cref="ArgumentException">There is not room for all.</exception>
        /// <exception cref="InvalidQuantileException">One is outside these bounds, or not a number; the index says which.</exception>
        public bool TryGetValuesAtQuantiles(ReadOnlySpan<double> quantiles, Span<ulong> values)
        {
            if (values.Length < quantiles.Length)
            {
                throw new ArgumentException("shorter than the quantiles", nameof(values));
            }
            byte found;
            IntPtr error;
            fixed (double* shares = quantiles)
            fixed (ulong* into = values)
            {
                error = tb_histogram_values_at_quantiles(handle.Acquire(), shares, (UIntPtr)quantiles.Length, &found, into);
            }
            handle.Release();
            Failure.Check(error);
            return found != 0;
        }

        /// <summary>The usual figures, all of one moment; null when no value was recorded.</summary>
        public Summary? GetSummary()
        {
            byte found;
            Summary summary;
            IntPtr error = tb_histogram_summary(handle.Acquire(), &found, &summary);
            handle.Release();
            Failure.Check(error);
            return found != 0 ? summary : (Summary?)null;
        }

        /// <summary>The buckets, to enumerate as often as one likes, each time as they are then.</summary>
        /// <param name="scan">Which; <see cref="Scan.Recorded"/> if nothing is said.</param>
        public BucketEnumerable Buckets(Scan? scan = null) => new BucketEnumerable(this, scan ?? Scan.Recorded);

        /// <summary>Takes a snapshot of the counts to walk, many buckets at a time, into memory of the caller's.</summary>
        /// <param name="scan">Which; <see cref="Scan.Recorded"/> if nothing is said.</param>
        /// <returns>The caller's to dispose of.</returns>
        /// <exception cref="InvalidArgumentException">A number of the scan is outside its bounds.</exception>
        /// <exception cref="TooManyException">The scan could yield too many buckets.</exception>
        public Cursor OpenCursor(Scan? scan = null)
        {
            NativeScan native = (scan ?? Scan.Recorded).Native;
            var opened = new CursorHandle(handle);
            IntPtr buckets;
            IntPtr error = tb_histogram_buckets(handle.Acquire(), &native, &buckets);
            handle.Release();
            Failure.Check(error);
            opened.Adopt(buckets);
            return new Cursor(opened);
        }

        /// <summary>
        /// Calls a visitor with each bucket of a snapshot, on this thread and with no lock held: it may use this histogram, and dispose
        /// of it.
        /// </summary>
        /// <param name="visitor">Answers whether to go on. What it throws comes out of here, the very same exception.</param>
        /// <param name="scan">Which buckets; <see cref="Scan.Recorded"/> if nothing is said.</param>
        /// <returns>Whether it came to the end.</returns>
        /// <exception cref="InvalidArgumentException">A number of the scan is outside its bounds.</exception>
        /// <exception cref="TooManyException">The scan could yield too many buckets.</exception>
        public bool ForEachBucket(Func<Bucket, bool> visitor, Scan? scan = null)
        {
            using var callback = new VisitorCallback(visitor ?? throw new ArgumentNullException(nameof(visitor)));
            NativeScan native = (scan ?? Scan.Recorded).Native;
            int stopped;
            IntPtr error = tb_histogram_for_each_bucket(
                handle.Acquire(), &native, VisitorCallback.Trampoline, callback.User, &stopped);
            handle.Release();
            callback.Check(error);
            return stopped == 0;
        }

        /// <summary>
        /// Calls a watcher with every value recorded at or above a limit from now on, through any handle to this histogram, before the
        /// call that records it returns. It ends by <see cref="Tollbridge.Watch.Unwatch"/>, or with the last handle.
        /// <para>
        /// It is called on whichever thread records, on several at once when several do, and with no lock held: it may use the
        /// histogram, and dispose of it. Of what it records itself on that thread no watcher is told. What it throws goes to
        /// <see cref="WatcherFailed"/>, and the watch goes on.
        /// </para>
        /// </summary>
        /// <param name="limit">In the values' unit.</param>
        /// <param name="watcher">
        /// It belongs to the histogram until the watch has ended; the collector sees what it refers to, the histogram included.
        /// </param>
        /// <returns>Ends the watch, and need not be kept.</returns>
        /// <exception cref="OutOfRangeException">The limit is above <see cref="Highest"/>.</exception>
        public Watch Watch(ulong limit, Action<ulong> watcher)
        {
            if (watcher == null)
            {
                throw new ArgumentNullException(nameof(watcher));
            }
            bool Tell(ulong value)
            {
                watcher(value);
                return true;
            }

            return Watch(limit, Tell, watcher);
        }

        /// <summary>
        /// As <see cref="Watch(ulong, Action{ulong})"/>, with a watcher that can end the watch itself. It has a name of its own, since
        /// a lambda that happens to answer a <c>bool</c>, such as <c>value => seen.Add(value)</c>, would else mean this one.
        /// </summary>
        /// <param name="limit">In the values' unit.</param>
        /// <param name="watcher">Answers whether to go on. It belongs to the histogram until the watch has ended.</param>
        /// <returns>Ends the watch, and need not be kept.</returns>
        /// <exception cref="OutOfRangeException">The limit is above <see cref="Highest"/>.</exception>
        public Watch WatchWhile(ulong limit, Func<ulong, bool> watcher) =>
            Watch(limit, watcher ?? throw new ArgumentNullException(nameof(watcher)), watcher);

        /// <summary>HdrHistogram's percentile distribution as text, byte for byte as the reference implementation prints it.</summary>
        /// <param name="ticks">Lines in each half of the distance that is left to 100 %, from 1 to 1000.</param>
        /// <param name="unit">What values are divided by before they are printed, finite and above 0.</param>
        /// <exception cref="InvalidArgumentException">An argument is outside these bounds.</exception>
        public string Render(int ticks = 5, double unit = 1.0)
        {
            Owned text;
            IntPtr error = tb_histogram_render(handle.Acquire(), (uint)Math.Max(ticks, 0), unit, &text);
            handle.Release();
            try
            {
                Failure.Check(error);
            }
            catch (InvalidArgumentException refused) when (ticks < 0 && refused.Argument == "ticks")
            {
                throw refused.Of(ticks);
            }
            return Utf8.Take(&text);
        }

        /// <summary>Adds every value of another histogram. It may be the same one: its counts then double. No watcher is told.</summary>
        /// <exception cref="OutOfRangeException">A value of the other is above <see cref="Highest"/>.</exception>
        /// <exception cref="CountOverflowException">The total would pass 2^63 - 1.</exception>
        public void Merge(Histogram other)
        {
            HistogramHandle added = HandleOf(other);
            IntPtr pointer = added.Acquire();
            IntPtr error;
            try
            {
                error = tb_histogram_merge(handle.Acquire(), pointer);
                handle.Release();
            }
            finally
            {
                added.Release();
            }
            Failure.Check(error);
        }

        /// <summary>The counts in HdrHistogram's V2 encoding with DEFLATE. The tag is no part of it.</summary>
        public byte[] Encode()
        {
            Owned bytes;
            IntPtr error = tb_histogram_encode(handle.Acquire(), &bytes);
            handle.Release();
            Failure.Check(error);
            byte[] copy;
            try
            {
                copy = bytes.Items<byte>().ToArray();
            }
            catch
            {
                tb_bytes_free(&bytes);
                throw;
            }
            tb_bytes_free(&bytes);
            return copy;
        }

        /// <summary>Makes another handle to this histogram.</summary>
        /// <returns>The caller's to dispose of. The histogram lives as long as any handle.</returns>
        public Histogram Share()
        {
            var other = new HistogramHandle(handle);
            IntPtr clone;
            IntPtr error = tb_histogram_clone(handle.Acquire(), &clone);
            handle.Release();
            Failure.Check(error);
            other.Adopt(clone);
            return new Histogram(other);
        }

        /// <summary>
        /// Lets go of this handle, and with the last one of the histogram and its watchers. Twice is allowed; calls that run on other
        /// threads finish first.
        /// </summary>
        public void Dispose() => handle.Dispose();

        /// <summary>The handle of an argument.</summary>
        internal static HistogramHandle HandleOf(Histogram histogram) =>
            (histogram ?? throw new ArgumentNullException(nameof(histogram))).handle;

        /// <summary>Tells of an exception that must not pass through Rust. Nothing is thrown here either.</summary>
        internal static void Report(Delegate watcher, WatcherFailedEventArgs failure)
        {
            // Meant for the thread, not for the watcher or listener that happened to wait: it comes again at the next wait.
            bool told = false, interrupted = failure.Exception is ThreadInterruptedException;
            foreach (Delegate listener in WatcherFailed?.GetInvocationList() ?? Array.Empty<Delegate>())
            {
                try
                {
                    ((EventHandler<WatcherFailedEventArgs>)listener)(watcher, failure);
                    told = true;
                }
                catch (Exception exception)
                {
                    interrupted |= exception is ThreadInterruptedException;
                    Print($"a listener of {nameof(WatcherFailed)}", exception);
                }
            }
            if (!told)
            {
                Print("a watcher of a histogram", failure.Exception);
            }
            if (interrupted)
            {
                Thread.CurrentThread.Interrupt();
            }
        }

        private static void Print(string who, Exception thrown)
        {
            string text;
            try
            {
                text = thrown.ToString();
            }
            catch (Exception)
            {
                text = thrown.GetType().ToString();
            }
            bool interrupted = false;
            for (bool again = true; again;)
            {
                again = false;
                try
                {
                    Console.Error.WriteLine($"{who} threw {text}");
                }
                catch (ThreadInterruptedException)
                {
                    // It waited for another thread that writes. Rust is below, so the interrupt comes at the next wait.
                    again = !interrupted;
                    interrupted = true;
                }
                catch (Exception)
                {
                    // Nowhere to write: nobody is left to tell.
                }
            }
            if (interrupted)
            {
                Thread.CurrentThread.Interrupt();
            }
        }

        private ulong RecordDurations(in Utf8 utf8)
        {
            ulong recorded;
            IntPtr error;
            fixed (byte* text = utf8.Bytes)
            {
                error = tb_histogram_record_durations(handle.Acquire(), text, (UIntPtr)utf8.Bytes.Length, &recorded);
            }
            handle.Release();
            Failure.Check(error);
            return recorded;
        }

        private Watch Watch(ulong limit, Func<ulong, bool> watcher, Delegate given)
        {
            var watching = new WatchHandle();
            IntPtr histogram = handle.Acquire();
            // From here on the watcher is the library's, which lets go of it also when it refuses it.
            IntPtr user = handle.Watchers.Add(watcher, given);
            IntPtr watch;
            IntPtr error = tb_histogram_watch(histogram, limit, Watcher.Trampoline, user, Watcher.Destructor, &watch);
            handle.Release();
            Failure.Check(error);
            watching.Adopt(watch);
            return new Watch(watching);
        }

        private Config ReadConfig()
        {
            Config config;
            IntPtr error = tb_histogram_config(handle.Acquire(), &config);
            handle.Release();
            Failure.Check(error);
            return config;
        }
    }
}
