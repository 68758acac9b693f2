using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Tollbridge.Tests
{
    /// <summary>Functions of C and what they are declared as, both as text in which types are .NET's.</summary>
    internal static class Headers
    {
        /// <summary>Those of these files of the C library.</summary>
        internal static List<string> Functions(params string[] files)
        {
            string include = Path.Combine(Support.Root, "bindings", "c", "cabi", "include");
            string text = string.Join("\n", files.Select(file => File.ReadAllText(Path.Combine(include, file))));
            text = Regex.Replace(text, @"//.*|/\*[\s\S]*?\*/|TB_WARN_UNUSED", "");
            // Pointers to functions have names.
            text = Regex.Replace(text, @"\btb_(\w+_visitor|watcher|destructor|\w+_callback) ", "void *");
            return Regex.Matches(text, @"^\s*(\w[\w ]*[ *])(tb_\w+)\(([^()]*)\);", RegexOptions.Multiline)
                .Cast<Match>()
                .Select(match => $"{Kind(match.Groups[1].Value)} {match.Groups[2].Value}({Kinds(match.Groups[3].Value)})")
                .ToList();
        }

        /// <summary>All that are declared.</summary>
        internal static IEnumerable<string> Declared() =>
            from method in typeof(NativeMethods).GetMethods(BindingFlags.Static | BindingFlags.NonPublic)
            where method.Name.StartsWith("tb_", StringComparison.Ordinal)
            select $"{Kind(method.ReturnType)} {method.Name}({Kinds(method)})";

        private static string Kinds(string parameters) =>
            parameters.Trim() == "void" ? "" : string.Join(", ", parameters.Split(',').Select(Kind));

        private static string Kinds(MethodInfo method) =>
            string.Join(", ", method.GetParameters().Select(parameter => Kind(parameter.ParameterType)));

        /// <summary>What .NET calls a type of C, which a name may follow.</summary>
        private static string Kind(string type) => type.Contains('*', StringComparison.Ordinal) ? "pointer" : Word(type) switch
        {
            "void" => "Void",
            "bool" => "Byte",
            "uint8_t" => "Byte",
            "int32_t" => "Int32",
            "uint32_t" => "UInt32",
            "uint64_t" => "UInt64",
            "size_t" => "UIntPtr",
            "double" => "Double",
            _ => type,
        };

        private static string Word(string type) => type.Trim().Split(' ')[0];

        private static string Kind(Type type) => type.IsPointer || type == typeof(IntPtr) ? "pointer" : type.Name;
    }
}
