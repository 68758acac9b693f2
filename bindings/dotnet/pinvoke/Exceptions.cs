using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Globalization;
using System.Linq;

namespace Tollbridge
{
    /// <summary>
    /// What every error of the library derives from: one class a code. Whatever threw it has changed nothing. Codes, names and fields
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

    /// <summary>An argument is outside what its operation allows. The code is 1.</summary>
    public sealed class InvalidArgumentException : TollbridgeException
    {
        /// <summary>Makes one, as a test of what catches it may do.</summary>
        public InvalidArgumentException(string argument, string value, string rule)
            : base(1, "invalid_argument", ("argument", argument), ("value", value), ("rule", rule))
        {
        }

        internal InvalidArgumentException(ErrorValues error)
            : base(error)
        {
        }

        /// <summary>The name of the argument.</summary>
        public string Argument => Field<string>("argument");

        /// <summary>What it was.</summary>
        public string Value => Field<string>("value");

        /// <summary>What it must be.</summary>
        public string Rule => Field<string>("rule");

        /// <summary>The same of a number that C's type cannot hold: another was refused in its place.</summary>
        internal InvalidArgumentException Of(int value)
        {
            string given = value.ToString(CultureInfo.InvariantCulture);
            var fields = new Dictionary<string, object>(Fields) { ["value"] = given };
            return new InvalidArgumentException(new ErrorValues(Code, Name, $"{Argument} is {given}, but must be {Rule}", fields));
        }
    }

    /// <summary>A value is above what the histogram can track. The code is 2.</summary>
    public sealed class OutOfRangeException : TollbridgeException
    {
        /// <summary>Makes one, as a test of what catches it may do.</summary>
        public OutOfRangeException(ulong value, ulong highest, ulong index)
            : base(2, "out_of_range", ("value", value), ("highest", highest), ("index", index))
        {
        }

        internal OutOfRangeException(ErrorValues error)
            : base(error)
        {
        }

        /// <summary>The value.</summary>
        public ulong Value => Field<ulong>("value");

        /// <summary>The highest that can be recorded.</summary>
        public ulong Highest => Field<ulong>("highest");

        /// <summary>Which of the values of the call it is, counted from 0.</summary>
        public ulong Index => Field<ulong>("index");
    }

    /// <summary>The total would pass 2^63 - 1, the most that the file formats can hold. The code is 3.</summary>
    public sealed class CountOverflowException : TollbridgeException
    {
        /// <summary>Makes one, as a test of what catches it may do.</summary>
        public CountOverflowException(ulong count, ulong length)
            : base(3, "count_overflow", ("count", count), ("len", length))
        {
        }

        internal CountOverflowException(ErrorValues error)
            : base(error)
        {
        }

        /// <summary>How many were to be added.</summary>
        public ulong Count => Field<ulong>("count");

        /// <summary>How many were there.</summary>
        public ulong Length => Field<ulong>("len");
    }

    /// <summary>A quantile is not a number, or not from 0 to 1. The code is 4.</summary>
    public sealed class InvalidQuantileException : TollbridgeException
    {
        /// <summary>Makes one, as a test of what catches it may do.</summary>
        public InvalidQuantileException(double quantile, ulong index)
            : base(4, "invalid_quantile", ("quantile", quantile), ("index", index))
        {
        }

        internal InvalidQuantileException(ErrorValues error)
            : base(error)
        {
        }

        /// <summary>The quantile.</summary>
        public double Quantile => Field<double>("quantile");

        /// <summary>Which of the call it is, counted from 0.</summary>
        public ulong Index => Field<ulong>("index");
    }

    /// <summary>Text that should be a duration is none. The code is 5.</summary>
    public sealed class InvalidDurationException : TollbridgeException
    {
        /// <summary>Makes one, as a test of what catches it may do.</summary>
        public InvalidDurationException(ulong line, ulong column, string token)
            : base(5, "invalid_duration", ("line", line), ("column", column), ("token", token))
        {
        }

        internal InvalidDurationException(ErrorValues error)
            : base(error)
        {
        }

        /// <summary>Counted from 1.</summary>
        public ulong Line => Field<ulong>("line");

        /// <summary>Counted in characters from 1.</summary>
        public ulong Column => Field<ulong>("column");

        /// <summary>What stands there.</summary>
        public string Token => Field<string>("token");
    }

    /// <summary>A tag holds a character that the log format cannot. The code is 6.</summary>
    public sealed class InvalidTagException : TollbridgeException
    {
        /// <summary>Makes one, as a test of what catches it may do.</summary>
        public InvalidTagException(string character, ulong offset)
            : base(6, "invalid_tag", ("character", character), ("offset", offset))
        {
        }

        internal InvalidTagException(ErrorValues error)
            : base(error)
        {
        }

        /// <summary>The character.</summary>
        public string Character => Field<string>("character");

        /// <summary>How many characters stand before it.</summary>
        public ulong Offset => Field<ulong>("offset");
    }

    /// <summary>Something would pass a limit; nothing was done yet. The code is 7.</summary>
    public sealed class TooManyException : TollbridgeException
    {
        /// <summary>Makes one, as a test of what catches it may do.</summary>
        public TooManyException(ulong count, ulong limit, string what, string advice)
            : base(7, "too_many", ("count", count), ("limit", limit), ("what", what), ("advice", advice))
        {
        }

        internal TooManyException(ErrorValues error)
            : base(error)
        {
        }

        /// <summary>How many this would take.</summary>
        public ulong Count => Field<ulong>("count");

        /// <summary>How many are allowed.</summary>
        public ulong Limit => Field<ulong>("limit");

        /// <summary>
        /// The limit's name: <c>bucket_limit</c> of a scan, <c>memory_limit</c> of a replay in bytes, <c>tag_limit</c> and
        /// <c>line_limit</c> of a log in bytes.
        /// </summary>
        public string What => Field<string>("what");

        /// <summary>What to do.</summary>
        public string Advice => Field<string>("advice");
    }

    /// <summary>Bytes are not an encoded histogram. The code is 8.</summary>
    public sealed class MalformedHistogramException : TollbridgeException
    {
        /// <summary>Makes one, as a test of what catches it may do.</summary>
        public MalformedHistogramException(string reason)
            : base(8, "malformed_histogram", ("reason", reason))
        {
        }

        internal MalformedHistogramException(ErrorValues error)
            : base(error)
        {
        }

        /// <summary>What is wrong with them.</summary>
        public string Reason => Field<string>("reason");
    }

    /// <summary>A panic left this histogram half-changed; it answers nothing else any more. The code is 9.</summary>
    public sealed class PoisonedException : TollbridgeException
    {
        /// <summary>Makes one, as a test of what catches it may do.</summary>
        public PoisonedException()
            : base(9, "poisoned")
        {
        }

        internal PoisonedException(ErrorValues error)
            : base(error)
        {
        }
    }

    /// <summary>A panic inside the library, caught at the boundary. The code is 10.</summary>
    public sealed class PanicException : TollbridgeException
    {
        /// <summary>Makes one, as a test of what catches it may do.</summary>
        public PanicException(string what)
            : base(10, "panic", ("what", what))
        {
        }

        internal PanicException(ErrorValues error)
            : base(error)
        {
        }

        /// <summary>What it said.</summary>
        public string What => Field<string>("what");
    }

    /// <summary>Text is not Unicode: a lone surrogate, or bytes that are not UTF-8. Nothing is ever replaced. The code is 12.</summary>
    public sealed class InvalidTextException : TollbridgeException
    {
        /// <summary>Makes one, as a test of what catches it may do.</summary>
        public InvalidTextException(ulong offset)
            : base(12, "invalid_text", ("offset", offset))
        {
        }

        internal InvalidTextException(ErrorValues error)
            : base(error)
        {
        }

        /// <summary>How many good characters stand before.</summary>
        public ulong Offset => Field<ulong>("offset");
    }

    /// <summary>A span without memory has a length. The code is 13.</summary>
    public sealed class NullArgumentException : TollbridgeException
    {
        /// <summary>Makes one, as a test of what catches it may do.</summary>
        public NullArgumentException(string argument)
            : base(13, "null_argument", ("argument", argument))
        {
        }

        internal NullArgumentException(ErrorValues error)
            : base(error)
        {
        }

        /// <summary>The name of the argument in C.</summary>
        public string Argument => Field<string>("argument");
    }

    /// <summary>An integer stands for no value of an enum or boolean. Not met through this API. The code is 14.</summary>
    public sealed class InvalidEnumException : TollbridgeException
    {
        /// <summary>Makes one, as a test of what catches it may do.</summary>
        public InvalidEnumException(string argument, ulong value)
            : base(14, "invalid_enum", ("argument", argument), ("value", value))
        {
        }

        internal InvalidEnumException(ErrorValues error)
            : base(error)
        {
        }

        /// <summary>The name of the argument in C.</summary>
        public string Argument => Field<string>("argument");

        /// <summary>The integer.</summary>
        public ulong Value => Field<ulong>("value");
    }

    /// <summary>A length is more than memory can hold. Not met through this API. The code is 15.</summary>
    public sealed class InvalidLengthException : TollbridgeException
    {
        /// <summary>Makes one, as a test of what catches it may do.</summary>
        public InvalidLengthException(string argument, ulong length, ulong limit)
            : base(15, "invalid_length", ("argument", argument), ("length", length), ("limit", limit))
        {
        }

        internal InvalidLengthException(ErrorValues error)
            : base(error)
        {
        }

        /// <summary>The name of the argument in C.</summary>
        public string Argument => Field<string>("argument");

        /// <summary>The length in bytes.</summary>
        public ulong Length => Field<ulong>("length");

        /// <summary>The most that is possible.</summary>
        public ulong Limit => Field<ulong>("limit");
    }

    /// <summary>What <see cref="Probes.Probe.Fail"/> throws. The code is 16.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public sealed class ProbeException : TollbridgeException
    {
        /// <summary>Makes one, as a test of what catches it may do.</summary>
        public ProbeException(ulong number, double ratio, string text)
            : base(16, "probe", ("number", number), ("ratio", ratio), ("text", text))
        {
        }

        internal ProbeException(ErrorValues error)
            : base(error)
        {
        }

        /// <summary>What the caller gave.</summary>
        public ulong Number => Field<ulong>("number");

        /// <summary>Not a number.</summary>
        public double Ratio => Field<double>("ratio");

        /// <summary>Text with a character of two bytes.</summary>
        public string Text => Field<string>("text");
    }

    /// <summary>A line of an interval log is none. Nothing of the log was kept. The code is 17.</summary>
    public sealed class MalformedLogException : TollbridgeException
    {
        /// <summary>Makes one, as a test of what catches it may do.</summary>
        public MalformedLogException(ulong line, string reason)
            : base(17, "malformed_log", ("line", line), ("reason", reason))
        {
        }

        internal MalformedLogException(ErrorValues error)
            : base(error)
        {
        }

        /// <summary>Counted from 1.</summary>
        public ulong Line => Field<ulong>("line");

        /// <summary>What is wrong with it.</summary>
        public string Reason => Field<string>("reason");
    }

    /// <summary>A file cannot be used. The code is 18.</summary>
    public sealed class LogFileException : TollbridgeException
    {
        /// <summary>Makes one, as a test of what catches it may do.</summary>
        public LogFileException(string path, string reason, ulong osCode)
            : base(18, "io", ("path", path), ("reason", reason), ("os_code", osCode))
        {
        }

        internal LogFileException(ErrorValues error)
            : base(error)
        {
        }

        /// <summary>The file.</summary>
        public string Path => Field<string>("path");

        /// <summary>What the system says.</summary>
        public string Reason => Field<string>("reason");

        /// <summary>The system's number (<c>errno</c>), or 0.</summary>
        public ulong OsCode => Field<ulong>("os_code");
    }

    /// <summary>A callback asked for the end of long work. Nothing of it was kept. The code is 19.</summary>
    public sealed class CancelledException : TollbridgeException
    {
        /// <summary>Makes one, as a test of what catches it may do.</summary>
        public CancelledException()
            : base(19, "cancelled")
        {
        }

        internal CancelledException(ErrorValues error)
            : base(error)
        {
        }
    }
}
