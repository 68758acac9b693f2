using System;
using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace Tollbridge
{
    /// <summary>Text as UTF-8 for the length of a call: on the stack when it is short, else in a rented array.</summary>
    internal ref struct Utf8
    {
        /// <summary>Bytes of stack that a caller offers.</summary>
        internal const int OnStack = 256;

        /// <summary>Refuses lone surrogates (<see cref="EncoderFallbackException"/>) instead of replacing them.</summary>
        internal static readonly UTF8Encoding Strict = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

        private readonly byte[]? rented;

        /// <summary>Encodes into the caller's stack if it fits there.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal Utf8(string text, Span<byte> stack)
        {
            rented = null;
            if (text.Length > OnStack / 3)
            {
                stack = rented = ArrayPool<byte>.Shared.Rent(Strict.GetMaxByteCount(text.Length));
            }
            Bytes = stack.Slice(0, Strict.GetBytes(text, stack));
        }

        internal ReadOnlySpan<byte> Bytes { get; }

        internal void Dispose()
        {
            if (rented != null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }
}
