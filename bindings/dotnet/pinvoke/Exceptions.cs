using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Tollbridge
{
    /// <summary>
    /// What every error of the library derives from: one class a code, in Exceptions.g.cs. Whatever threw it has changed nothing. Codes, names and fields
    /// are the same in every language and stable; a code that a later library has is of this class itself.
    /// </summary>
    public class TollbridgeException : Exception
    {
        /// <summary>Makes one, as a test of what catches it may do.</summary>
        /// <param name="code">See <see cref="Code"/>.</param>
        /// <param name="name">See <see cref="Name"/>.</param>
        /// <param name="message">For people.</param>
        /// <param name="fields">See <see cref="Fields"/>; they are copied.</param>
        public TollbridgeException(int code, string name, string message, IEnumerable<KeyValuePair<string, object>> fields)
            : this(new ErrorValues(code, name, message, new Dictionary<string, object>(fields)))
        {
        }

        internal TollbridgeException(ErrorValues error)
            : base(error.Message)
        {
            Code = error.Code;
            Name = error.Name;
            Fields = error.Fields;
        }

        /// <summary>One that the library did not make, so that it has not core's message.</summary>
        private protected TollbridgeException(int code, string name, params (string Name, object Value)[] fields)
            : this(new ErrorValues(
                code,
                name,
                name + ":" + string.Concat(fields.Select(field => string.Format(CultureInfo.InvariantCulture, " {0}={1}", field.Name, field.Value))),
                fields.ToDictionary(field => field.Name, field => field.Value)))
        {
        }

        /// <summary>The stable number of this kind of error.</summary>
        public int Code { get; }

        /// <summary>The stable name of this kind of error, such as <c>out_of_range</c>.</summary>
        public string Name { get; }

        /// <summary>
        /// The fields by their names in every language: each a <see cref="ulong"/>, a <see cref="double"/> or a <see cref="string"/>.
        /// Nobody can change them.
        /// </summary>
        public IReadOnlyDictionary<string, object> Fields { get; }

        /// <summary>A field that this kind of error has.</summary>
        private protected T Field<T>(string name) => (T)Fields[name];
    }

    public sealed partial class InvalidArgumentException
    {
        /// <summary>The same of a number that C's type cannot hold: another was refused in its place.</summary>
        internal InvalidArgumentException Of(int value)
        {
            string given = value.ToString(CultureInfo.InvariantCulture);
            var fields = new Dictionary<string, object>(Fields) { ["value"] = given };
            return new InvalidArgumentException(new ErrorValues(Code, Name, $"{Argument} is {given}, but must be {Rule}", fields));
        }
    }

    public sealed partial class InvalidTextException
    {
        /// <summary>The same as the library's, of text that it takes as bytes.</summary>
        internal static InvalidTextException At(ulong offset)
        {
            var made = new InvalidTextException(offset);
            return new InvalidTextException(new ErrorValues(made.Code, made.Name, $"not Unicode text at character {offset}", new Dictionary<string, object>(made.Fields)));
        }
    }
}
