using System;
using System.Collections.Generic;
using System.Globalization;

namespace Tollbridge.Runner
{
    /// <summary>The tokens of one request, read from the left.</summary>
    internal sealed class Request
    {
        private readonly IReadOnlyList<string> tokens;
        private int next;

        internal Request(IReadOnlyList<string> tokens) => this.tokens = tokens;

        internal bool IsAtEnd => next == tokens.Count;

        internal string Word() => IsAtEnd ? throw new MalformedException("the request ends early") : tokens[next++];

        internal ulong Integer() => ulong.Parse(Word(), NumberStyles.None, CultureInfo.InvariantCulture);

        /// <summary>Reads this word, if it is the next one.</summary>
        internal bool Skips(string word)
        {
            bool found = !IsAtEnd && tokens[next] == word;
            next += found ? 1 : 0;
            return found;
        }

        internal int Length() => checked((int)Integer());

        internal double Real() =>
            BitConverter.Int64BitsToDouble((long)ulong.Parse(Word().Substring(1), NumberStyles.HexNumber, CultureInfo.InvariantCulture));

        internal bool Flag() => Word() == "true";

        internal byte[] Bytes()
        {
            string word = Word();
            var bytes = new byte[(word.Length - 1) / 2];
            for (int i = 0; i < bytes.Length; i++)
            {
                bytes[i] = byte.Parse(word.AsSpan(1 + 2 * i, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            }
            return bytes;
        }

        /// <summary>Text, lone surrogates too where the bridge has an error for them.</summary>
        internal string Text()
        {
            string? text = Wtf8.Decode(Bytes());
            if (text == null || !Surface.ChecksText && Wtf8.HasLoneSurrogate(text))
            {
                throw new UnsupportedException("not_expressible");
            }
            return text;
        }

        internal T[] List<T>(Func<T> read)
        {
            var items = new T[Length()];
            for (int i = 0; i < items.Length; i++)
            {
                items[i] = read();
            }
            return items;
        }

        /// <summary>The requests between the braces that follow, each as its tokens.</summary>
        internal List<string[]> Block()
        {
            var requests = new List<string[]>();
            var current = new List<string>();
            if (Word() != "{")
            {
                throw new MalformedException("a block is missing");
            }
            for (int depth = 1; depth > 0;)
            {
                string token = Word();
                depth += token == "{" ? 1 : token == "}" ? -1 : 0;
                if (depth == 0 || depth == 1 && token == ";")
                {
                    requests.Add(current.ToArray());
                    current.Clear();
                }
                else
                {
                    current.Add(token);
                }
            }
            return requests;
        }
    }

    /// <summary>A request that the protocol does not know.</summary>
    internal sealed class MalformedException : Exception
    {
        internal MalformedException(string what)
            : base(what)
        {
        }
    }

    /// <summary>What cannot be said here, known before the call.</summary>
    internal sealed class UnsupportedException : Exception
    {
        internal UnsupportedException(string reason)
            : base(reason)
        {
        }
    }
}
