using System;
using System.Collections.Generic;

namespace Tollbridge
{
    /// <summary>What <c>Probe.Fail</c> throws. Its message and fields are made when someone asks.</summary>
    public sealed class ProbeException : Exception
    {
        /// <summary>The error's number in every host.</summary>
        public const int ProbeCode = 16;

        /// <summary>Makes the error of a number.</summary>
        public ProbeException(ulong number) => Number = number;

        /// <summary>The stable number of this kind of error.</summary>
        public int Code => ProbeCode;

        /// <summary>The stable name of this kind of error.</summary>
        public string Name => "probe";

        /// <summary>What the caller gave.</summary>
        public ulong Number { get; }

        /// <summary>Not a number.</summary>
        public double Ratio => double.NaN;

        /// <summary>Text with a character of two bytes.</summary>
        public string Text => "café";

        /// <inheritdoc/>
        public override string Message => $"probe failed: {Number} NaN {Text}";

        /// <summary>The fields by name, in the order of the other hosts.</summary>
        public IReadOnlyDictionary<string, object> Fields => new Dictionary<string, object>
        {
            ["number"] = Number,
            ["ratio"] = Ratio,
            ["text"] = Text,
        };
    }
}
