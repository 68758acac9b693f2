using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Tollbridge.Runner
{
    /// <summary>The tokens of one reply, written from the left.</summary>
    internal sealed class Reply
    {
        private readonly StringBuilder tokens = new StringBuilder();

        /// <summary>A whole reply instead of `ok` and its tokens.</summary>
        internal string? Instead { get; set; }

        public override string ToString() => Instead ?? "ok" + tokens;

        /// <summary>The tokens alone.</summary>
        internal string Tokens => tokens.ToString(1, tokens.Length - 1);

        internal Reply Word(string word)
        {
            tokens.Append(' ').Append(word);
            return this;
        }

        internal Reply Put(ulong value) => Word(value.ToString(CultureInfo.InvariantCulture));

        internal Reply Put(double value) =>
            Word("d" + BitConverter.DoubleToInt64Bits(value).ToString("x16", CultureInfo.InvariantCulture));

        internal Reply Put(bool value) => Word(value ? "true" : "false");

        internal Reply Put(string text) => Put(Wtf8.Encode(text));

        internal Reply Put(ReadOnlySpan<byte> bytes)
        {
            tokens.Append(" x");
            foreach (byte each in bytes)
            {
                tokens.Append(each.ToString("x2", CultureInfo.InvariantCulture));
            }
            return this;
        }

        internal Reply List<T>(IReadOnlyCollection<T> items, Action<T> put)
        {
            Put((ulong)items.Count);
            foreach (T item in items)
            {
                put(item);
            }
            return this;
        }

        internal void Option<T>(T? value, Action<T> put)
            where T : struct
        {
            Word(value == null ? "none" : "some");
            if (value is T some)
            {
                put(some);
            }
        }

        internal void Put(ulong? value) => Option(value, some => Put(some));

        internal void Put(double? value) => Option(value, some => Put(some));

        /// <summary>A field of an error, whatever its type.</summary>
        internal void Field(string name, object value)
        {
            var token = new Reply();
            switch (value)
            {
                case string text:
                    token.Put(text);
                    break;
                case double number:
                    token.Put(number);
                    break;
                default:
                    token.Put(Convert.ToUInt64(value, CultureInfo.InvariantCulture));
                    break;
            }
            Word(name + "=" + token.Tokens);
        }
    }
}
