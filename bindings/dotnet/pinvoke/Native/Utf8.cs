using System;
using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using static Tollbridge.NativeMethods;

namespace Tollbridge
{
    /// <summary>
    /// Text as UTF-8 for the length of a call: on the stack when it is short, else in a rented array. Nobody else writes to it: the
    /// library checks text once and relies on that, so that it borrows none which another thread could change.
    /// </summary>
    internal ref struct Utf8
    {
        /// <summary>Bytes of stack that a caller offers.</summary>
        internal const int OnStack = 256;

        /// <summary>In no UTF-8.</summary>
        private const byte Refused = 0xff;

        private readonly byte[]? rented;

        /// <summary>Encodes into the caller's stack if it fits there. A null string is the callers' to refuse.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal Utf8(ReadOnlySpan<char> text, Span<byte> stack)
        {
            rented = null;
            if (text.Length > OnStack / 3 - 1)
            {
                stack = rented = ArrayPool<byte>.Shared.Rent(MaxLength(text.Length));
            }
            Bytes = stack.Slice(0, Encode(text, stack));
        }

        /// <summary>Copies what is UTF-8 already, or so its owner says.</summary>
        internal Utf8(ReadOnlySpan<byte> text, Span<byte> stack)
        {
            rented = null;
            if (text.Length > OnStack)
            {
                stack = rented = ArrayPool<byte>.Shared.Rent(text.Length);
            }
            text.CopyTo(stack);
            Bytes = stack.Slice(0, text.Length);
        }

        internal ReadOnlySpan<byte> Bytes { get; }

        /// <summary>Bytes that <see cref="Encode"/> may need for so many <c>char</c>s.</summary>
        internal static int MaxLength(int chars) => checked(3 * chars + 1);

        /// <summary>
        /// Writes UTF-8 and says how much. Text ends before a lone surrogate, where a byte that is in no UTF-8 takes its place: so the
        /// library refuses it, with the error and the offset that it has for that.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal static int Encode(ReadOnlySpan<char> text, Span<byte> into)
        {
#if NETSTANDARD
            int whole = FirstLoneSurrogate(text);
            int length = Encoding.UTF8.GetBytes(text.Slice(0, whole), into);
            bool refused = whole < text.Length;
#else
            OperationStatus status =
                System.Text.Unicode.Utf8.FromUtf16(text, into, out _, out int length, replaceInvalidSequences: false);
            bool refused = status == OperationStatus.InvalidData;
#endif
            if (refused)
            {
                into[length++] = Refused;
            }
            return length;
        }

        /// <summary>A string of what the library wrote, which is UTF-8.</summary>
        internal static unsafe string Read(byte* text, UIntPtr length) => Encoding.UTF8.GetString(text, checked((int)length));

        /// <summary>The same of text that was handed over, which is freed.</summary>
        internal static unsafe string Take(Owned* text)
        {
            string copy;
            try
            {
                copy = Read((byte*)text->Data, text->Length);
            }
            catch
            {
                tb_text_free(text);
                throw;
            }
            tb_text_free(text);
            return copy;
        }

        /// <summary>Refuses a lone surrogate in what the library takes as bytes of any kind, a path, as it does in text.</summary>
        internal void CheckIsText()
        {
            if (Bytes.Length == 0 || Bytes[Bytes.Length - 1] != Refused)
            {
                return;
            }
            ulong characters = 0;
            foreach (byte part in Bytes.Slice(0, Bytes.Length - 1))
            {
                characters += (part & 0xc0) == 0x80 ? 0UL : 1;
            }
            throw InvalidTextException.At(characters);
        }

        internal void Dispose()
        {
            if (rented != null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }

#if NETSTANDARD
        private static int FirstLoneSurrogate(ReadOnlySpan<char> text)
        {
            int i = 0;
            while (i < text.Length && (!char.IsSurrogate(text[i]) || i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1])))
            {
                i += char.IsSurrogate(text[i]) ? 2 : 1;
            }
            return i;
        }
#endif
    }
}
