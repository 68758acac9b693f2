using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using static Tollbridge.NativeMethods;

namespace Tollbridge
{
    /// <summary>
    /// Reads interval logs of HdrHistogram, version 1.0 to 1.3, plain or with gzip, and adds their histograms up by tag.
    /// <see cref="LogWriter"/> writes them.
    /// </summary>
    public static unsafe class IntervalLog
    {
        /// <summary>Reads a log on this thread.</summary>
        /// <param name="path">The file, or a pipe.</param>
        /// <param name="progress">
        /// Called before the first byte, after the last, and at least every 50 ms in between, also while a pipe has nothing to say.
        /// False ends the work. What it throws ends the work too, and comes out of here, the very same exception.
        /// </param>
        /// <param name="cancellationToken">Looked at as often, whether there is a <paramref name="progress"/> or not.</param>
        /// <param name="memoryLimit">
        /// How many bytes the sums may take; 0 is 256 MiB, about 980 tags of the default configuration. Besides that the call takes at
        /// most 36 MiB, whatever the file holds.
        /// </param>
        /// <returns>
        /// A histogram for each tag, which is its key; lines without a tag have the empty one. All are the caller's to dispose of.
        /// </returns>
        /// <exception cref="CancelledException"><paramref name="progress"/> answered false.</exception>
        /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
        /// <exception cref="LogFileException">The file cannot be read.</exception>
        /// <exception cref="MalformedLogException">A line is none of a log.</exception>
        /// <exception cref="CountOverflowException">The sum of a tag would pass 2^63 - 1.</exception>
        /// <exception cref="TooManyException">The sums would take more than <paramref name="memoryLimit"/>.</exception>
        /// <exception cref="InvalidTextException"><paramref name="path"/> has a lone surrogate.</exception>
        public static IReadOnlyDictionary<string, Histogram> Replay(
            string path, Func<LogProgress, bool>? progress = null, CancellationToken cancellationToken = default, ulong memoryLimit = 0)
        {
            var utf8 = new Utf8(path ?? throw new ArgumentNullException(nameof(path)), stackalloc byte[Utf8.OnStack]);
            utf8.CheckIsText();
            // As everywhere in .NET, before the file is looked for.
            cancellationToken.ThrowIfCancellationRequested();
            using var replay = new ReplayHandle();
            using var callback = new ProgressCallback(now =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                return progress == null || progress(now);
            });
            IntPtr replayed;
            fixed (byte* data = utf8.Bytes)
            {
                callback.Check(tb_replay_log_with_limit(
                    data, (UIntPtr)utf8.Bytes.Length, memoryLimit, ProgressCallback.Trampoline, callback.User, &replayed));
            }
            replay.Adopt(replayed);
            utf8.Dispose();
            return ByTag(replay);
        }

        /// <summary><see cref="Replay"/> on a thread of its own.</summary>
        /// <param name="path">The file, or a pipe.</param>
        /// <param name="progress">
        /// Told the share that was read, from 0 to 1, as often as <see cref="Replay"/> tells; never of a pipe, which has no size.
        /// </param>
        /// <param name="cancellationToken">Ends the work within 0.1 s, and the task as cancelled.</param>
        /// <param name="memoryLimit">As for <see cref="Replay"/>.</param>
        /// <returns>A task with what <see cref="Replay"/> returns. What that throws comes out where the task is awaited.</returns>
        /// <exception cref="ArgumentNullException"><paramref name="path"/> is null: thrown here, not by the task.</exception>
        /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
        /// <exception cref="LogFileException">The file cannot be read.</exception>
        /// <exception cref="MalformedLogException">A line is none of a log.</exception>
        /// <exception cref="CountOverflowException">The sum of a tag would pass 2^63 - 1.</exception>
        /// <exception cref="TooManyException">The sums would take more than <paramref name="memoryLimit"/>.</exception>
        /// <exception cref="InvalidTextException"><paramref name="path"/> has a lone surrogate.</exception>
        public static Task<IReadOnlyDictionary<string, Histogram>> ReplayAsync(
            string path, IProgress<double>? progress = null, CancellationToken cancellationToken = default, ulong memoryLimit = 0)
        {
            if (path == null)
            {
                throw new ArgumentNullException(nameof(path));
            }
            bool Report(LogProgress now)
            {
                if (now.Fraction is double fraction)
                {
                    progress?.Report(fraction);
                }
                return true;
            }

            return Task.Factory.StartNew(
                () => Replay(path, Report, cancellationToken, memoryLimit),
                cancellationToken,
                TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
                TaskScheduler.Default);
        }

        private static IReadOnlyDictionary<string, Histogram> ByTag(ReplayHandle replay)
        {
            var histograms = new Dictionary<string, Histogram>(StringComparer.Ordinal);
            IntPtr pointer = replay.Acquire();
            try
            {
                ulong length = (ulong)tb_replay_len(pointer);
                for (ulong i = 0; i < length; i++)
                {
                    var handle = new HistogramHandle();
                    IntPtr histogram;
                    Failure.Check(tb_replay_histogram(pointer, (UIntPtr)i, &histogram));
                    handle.Adopt(histogram);
                    var replayed = new Histogram(handle);
                    histograms.Add(replayed.Tag, replayed);
                }
            }
            finally
            {
                replay.Release();
            }
            return histograms;
        }
    }
}
