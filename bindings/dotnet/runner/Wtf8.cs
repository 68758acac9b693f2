using System;
using System.Collections.Generic;
using System.Text;

namespace Tollbridge.Runner
{
    /// <summary>UTF-8 that may hold lone surrogates, as the wire carries text. .NET's own encodings refuse or replace them.</summary>
    internal static class Wtf8
    {
        /// <summary>The text, or null for bytes that no string can hold.</summary>
        internal static string? Decode(ReadOnlySpan<byte> bytes)
        {
            var text = new StringBuilder(bytes.Length);
            for (int i = 0; i < bytes.Length;)
            {
                int length = LengthOf(bytes[i]);
                if (length == 0 || i + length > bytes.Length)
                {
                    return null;
                }
                int scalar = length == 1 ? bytes[i] : bytes[i] & 0xff >> (length + 1);
                for (int j = 1; j < length; j++)
                {
                    byte more = bytes[i + j];
                    if ((more & 0xc0) != 0x80)
                    {
                        return null;
                    }
                    scalar = scalar << 6 | more & 0x3f;
                }
                if (scalar < SmallestOf(length) || scalar > 0x10ffff)
                {
                    return null;
                }
                if (scalar < 0x10000)
                {
                    text.Append((char)scalar);
                }
                else
                {
                    text.Append((char)(0xd7c0 + (scalar >> 10))).Append((char)(0xdc00 + (scalar & 0x3ff)));
                }
                i += length;
            }
            return text.ToString();
        }

        internal static byte[] Encode(string text)
        {
            var bytes = new List<byte>(text.Length);
            for (int i = 0; i < text.Length; i++)
            {
                int scalar = text[i];
                if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
                {
                    scalar = char.ConvertToUtf32(text[i], text[++i]);
                }
                Append(bytes, scalar);
            }
            return bytes.ToArray();
        }

        internal static bool HasLoneSurrogate(string text)
        {
            for (int i = 0; i < text.Length; i++)
            {
                if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
                {
                    i++;
                }
                else if (char.IsSurrogate(text[i]))
                {
                    return true;
                }
            }
            return false;
        }

        /// <summary>How many bytes a character has whose first byte this is; 0 for none.</summary>
        private static int LengthOf(byte first) =>
            first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0;

        private static int SmallestOf(int length) => length switch
        {
            2 => 0x80,
            3 => 0x800,
            4 => 0x10000,
            _ => 0,
        };

        private static void Append(List<byte> bytes, int scalar)
        {
            if (scalar < 0x80)
            {
                bytes.Add((byte)scalar);
                return;
            }
            int length = scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4;
            int shift = 6 * (length - 1);
            bytes.Add((byte)(0xf00 >> length | scalar >> shift));
            while (shift > 0)
            {
                shift -= 6;
                bytes.Add((byte)(0x80 | scalar >> shift & 0x3f));
            }
        }
    }
}
