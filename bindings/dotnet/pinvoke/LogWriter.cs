using System;
using static Tollbridge.NativeMethods;

namespace Tollbridge
{
    /// <summary>
    /// An interval log of HdrHistogram, version 1.3, that is being written. <see cref="Dispose"/> closes the file; if it is forgotten,
    /// the garbage collector does. Any number of threads may use one: calls wait for each other.
    /// </summary>
    public sealed unsafe class LogWriter : IDisposable
    {
        private readonly LogWriterHandle handle = new LogWriterHandle();

        /// <summary>Makes a log, or empties the file that is there, and writes its head.</summary>
        /// <param name="path">The file. A pipe is waited for until it has a reader.</param>
        /// <param name="start">When the log begins; now, if nothing is said.</param>
        /// <exception cref="LogFileException">The file cannot be written.</exception>
        /// <exception cref="InvalidArgumentException"><paramref name="start"/> is before 1970.</exception>
        /// <exception cref="InvalidTextException"><paramref name="path"/> has a lone surrogate.</exception>
        public LogWriter(string path, DateTimeOffset? start = null)
            : this(path, ((start ?? DateTimeOffset.UtcNow) - DateTimeOffset.UnixEpoch).TotalSeconds)
        {
        }

        /// <summary>Makes a log, or empties the file that is there, and writes its head.</summary>
        /// <param name="path">The file. A pipe is waited for until it has a reader.</param>
        /// <param name="start">When the log begins, in seconds since 1970 (UTC).</param>
        /// <exception cref="LogFileException">The file cannot be written.</exception>
        /// <exception cref="InvalidArgumentException"><paramref name="start"/> is negative or not finite.</exception>
        /// <exception cref="InvalidTextException"><paramref name="path"/> has a lone surrogate.</exception>
        public LogWriter(string path, double start)
        {
            var utf8 = new Utf8(path ?? throw new ArgumentNullException(nameof(path)), stackalloc byte[Utf8.OnStack]);
            utf8.CheckIsText();
            IntPtr writer;
            fixed (byte* data = utf8.Bytes)
            {
                Failure.Check(tb_log_writer_new(data, (UIntPtr)utf8.Bytes.Length, start, &writer));
            }
            handle.Adopt(writer);
            utf8.Dispose();
        }

        /// <summary>Appends an interval. It is in the file when this returns; a line that fails half-way is taken back.</summary>
        /// <param name="histogram">What was recorded in it, and its tag.</param>
        /// <param name="start">When it began, counted from the log's start.</param>
        /// <param name="length">How long it was.</param>
        /// <exception cref="LogFileException">The file cannot be written.</exception>
        /// <exception cref="InvalidArgumentException">A time is negative.</exception>
        /// <exception cref="TooManyException">The line would be above 8 MiB, which <see cref="IntervalLog"/> refuses.</exception>
        /// <exception cref="ObjectDisposedException">The writer or the histogram was disposed of.</exception>
        public void Write(Histogram histogram, TimeSpan start, TimeSpan length) =>
            Write(histogram, start.TotalSeconds, length.TotalSeconds);

        /// <summary>Appends an interval. It is in the file when this returns; a line that fails half-way is taken back.</summary>
        /// <param name="histogram">What was recorded in it, and its tag.</param>
        /// <param name="start">When it began, in seconds after the log's start.</param>
        /// <param name="seconds">How long it was.</param>
        /// <exception cref="LogFileException">The file cannot be written.</exception>
        /// <exception cref="InvalidArgumentException">A time is negative or not finite.</exception>
        /// <exception cref="TooManyException">The line would be above 8 MiB, which <see cref="IntervalLog"/> refuses.</exception>
        /// <exception cref="ObjectDisposedException">The writer or the histogram was disposed of.</exception>
        public void Write(Histogram histogram, double start, double seconds)
        {
            HistogramHandle recorded = Histogram.HandleOf(histogram);
            IntPtr pointer = recorded.Acquire();
            IntPtr error;
            try
            {
                error = tb_log_writer_write(handle.Acquire(), pointer, start, seconds);
                handle.Release();
            }
            finally
            {
                recorded.Release();
            }
            Failure.Check(error);
        }

        /// <summary>Closes the file. Twice is allowed; a call that runs on another thread finishes first.</summary>
        public void Dispose() => handle.Dispose();
    }
}
