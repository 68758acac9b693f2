using System;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Tollbridge.NativeMethods;

namespace Tollbridge
{
    /// <summary>Makes exceptions of the library's errors; Exceptions.g.cs knows the class of each code.</summary>
    internal static unsafe partial class Failure
    {
        /// <summary>Throws unless a call succeeded.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal static void Check(IntPtr error)
        {
            if (error != IntPtr.Zero)
            {
                Throw(error);
            }
        }

        /// <summary>Apart, so that <see cref="Check"/> is inlined.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Throw(IntPtr error) => throw Take(error);

        /// <summary>Reads an error and frees it: exceptions own nothing.</summary>
        private static TollbridgeException Take(IntPtr owned)
        {
            try
            {
                ErrorDetails details;
                tb_error_info(owned, &details);
                var error = new ErrorValues(
                    details.Code,
                    Name(details.Name),
                    Utf8.Read(details.Message, details.MessageLength),
                    Fields(new ReadOnlySpan<ErrorField>(details.Fields, (int)details.FieldCount)));
                TollbridgeException? made = null;
                More(error, ref made);
                return made ?? Of(error);
            }
            finally
            {
                tb_error_free(owned);
            }
        }

        /// <summary>Classes that only some builds have.</summary>
        static partial void More(ErrorValues error, ref TollbridgeException? made);

        private static Dictionary<string, object> Fields(ReadOnlySpan<ErrorField> fields)
        {
            var values = new Dictionary<string, object>(fields.Length);
            foreach (ErrorField field in fields)
            {
                switch (field.Kind)
                {
                    case ErrorField.U64:
                        values.Add(Name(field.Name), field.Number);
                        break;
                    case ErrorField.F64:
                        values.Add(Name(field.Name), field.Real);
                        break;
                    case ErrorField.Utf8:
                        values.Add(Name(field.Name), Utf8.Read(field.Text, field.TextLength));
                        break;
                }
            }
            return values;
        }

        private static string Name(byte* name) => Marshal.PtrToStringUTF8((IntPtr)name)!;
    }

    /// <summary>An error as it was read.</summary>
    internal sealed class ErrorValues
    {
        internal ErrorValues(int code, string name, string message, Dictionary<string, object> fields)
        {
            Code = code;
            Name = name;
            Message = message;
            Fields = new ReadOnlyDictionary<string, object>(fields);
        }

        internal int Code { get; }

        internal string Name { get; }

        internal string Message { get; }

        internal IReadOnlyDictionary<string, object> Fields { get; }
    }
}
