using System;
using System.Buffers;
using System.Collections;
using System.Collections.Generic;
using static Tollbridge.NativeMethods;

namespace Tollbridge
{
    /// <summary>
    /// Walks the buckets of a histogram as it was when the cursor was opened, many at a time. It outlives its histogram, and is let go
    /// of by <see cref="Dispose"/> or the garbage collector. Any number of threads may use one: each bucket is given out once.
    /// </summary>
    public sealed unsafe class Cursor : IDisposable
    {
        private readonly CursorHandle handle;

        internal Cursor(CursorHandle handle) => this.handle = handle;

        /// <summary>Writes the next buckets, as many as there is room for.</summary>
        /// <param name="into">Where to; what is beyond the answer stays as it was.</param>
        /// <returns>How many were written; 0 at the end.</returns>
        /// <exception cref="ObjectDisposedException">The cursor was disposed of.</exception>
        public int Next(Span<Bucket> into)
        {
            UIntPtr count;
            IntPtr error;
            fixed (Bucket* buckets = into)
            {
                error = tb_buckets_next(handle.Acquire(), buckets, (UIntPtr)into.Length, &count);
            }
            handle.Release();
            Failure.Check(error);
            return (int)count;
        }

        /// <summary>Lets go of the snapshot. Twice is allowed; a call that runs on another thread finishes first.</summary>
        public void Dispose() => handle.Dispose();
    }

    /// <summary>
    /// The buckets of a histogram. Each enumeration walks a snapshot that is taken when it begins, and never sees half a change; the
    /// histogram may change, or be disposed of, meanwhile.
    /// </summary>
    public sealed class BucketEnumerable : IEnumerable<Bucket>
    {
        private const int FirstChunk = 16, LargestChunk = 256;

        private readonly Histogram histogram;
        private readonly Scan scan;

        internal BucketEnumerable(Histogram histogram, Scan scan)
        {
            this.histogram = histogram;
            this.scan = scan;
        }

        /// <summary>Begins an enumeration. The first <c>MoveNext</c> throws what is wrong with the histogram or the scan.</summary>
        public IEnumerator<Bucket> GetEnumerator()
        {
            using Cursor cursor = histogram.OpenCursor(scan);
            Bucket[] buckets = ArrayPool<Bucket>.Shared.Rent(LargestChunk);
            try
            {
                // Little is fetched for who wants only the first.
                for (int chunk = FirstChunk, count; (count = cursor.Next(buckets.AsSpan(0, chunk))) > 0; chunk = LargestChunk)
                {
                    for (int i = 0; i < count; i++)
                    {
                        yield return buckets[i];
                    }
                }
            }
            finally
            {
                ArrayPool<Bucket>.Shared.Return(buckets);
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
