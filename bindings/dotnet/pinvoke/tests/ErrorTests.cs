using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Tollbridge.Probes;
using Xunit;
using static Tollbridge.NativeMethods;

namespace Tollbridge.Tests
{
    public unsafe class ErrorTests
    {
        /// <summary>How to meet each error that has a class.</summary>
        private static readonly Dictionary<string, Action> Errors = new Dictionary<string, Action>
        {
            ["invalid_argument"] = () => new Histogram(0),
            ["out_of_range"] = () => Made.Record(1001),
            ["count_overflow"] = () => Made.RecordN(1, ulong.MaxValue),
            ["invalid_quantile"] = () => Made.ValueAtQuantile(1.5),
            ["invalid_duration"] = () => Made.RecordDurations("1us\n 2xs"),
            ["invalid_tag"] = () => Made.Tag = "a,b",
            ["too_many"] = () => TooMany(),
            ["malformed_histogram"] = () => Histogram.Decode(new byte[] { 1, 2, 3 }),
            ["poisoned"] = () => Poisoned(),
            ["panic"] = () => Fault.Panic("text"),
            ["invalid_text"] = () => Probe.StrLen("\ud800"),
            ["null_argument"] = () => Made.RecordAll(new ReadOnlySpan<ulong>(null, 1)),
            ["invalid_enum"] = () => InvalidEnum(),
            ["invalid_length"] = () => InvalidLength(),
            ["probe"] = () => Probe.Fail(7),
            ["malformed_log"] = () => IntervalLog.Replay(Support.Data("bad-number.hlog")),
            ["io"] = () => IntervalLog.Replay("/nowhere/é"),
            ["cancelled"] = () => IntervalLog.Replay(Support.Data("tollbridge.hlog"), progress => false),
        };

        private static Histogram Made => new Histogram(1, 1000, 3);

        [Fact]
        public void EveryErrorHasItsClass()
        {
            var met = new HashSet<Type>();
            foreach (KeyValuePair<string, Action> error in Errors)
            {
                var thrown = Caught(error.Value);
                Assert.Equal(error.Key, thrown.Name);
                Assert.True(met.Add(thrown.GetType()));
                // Each field is a property; none is left over.
                IEnumerable<object?> properties = thrown.GetType().GetProperties()
                    .Where(property => property.DeclaringType == thrown.GetType())
                    .Select(property => property.GetValue(thrown));
                Assert.Equal(thrown.Fields.Values, properties);
            }
            IEnumerable<Type> classes = typeof(TollbridgeException).Assembly.GetTypes()
                .Where(type => type.BaseType == typeof(TollbridgeException));
            Assert.Equal(met.OrderBy(type => type.Name), classes.OrderBy(type => type.Name));
        }

        /// <summary>What catches them may be tested without the library.</summary>
        [Fact]
        public void EveryErrorCanBeMade()
        {
            foreach (Action met in Errors.Values)
            {
                TollbridgeException thrown = Caught(met);
                var made = (TollbridgeException)Activator.CreateInstance(thrown.GetType(), thrown.Fields.Values.ToArray())!;
                Assert.Equal((thrown.Code, thrown.Name), (made.Code, made.Name));
                Assert.Equal(thrown.Fields.Keys, made.Fields.Keys);
                Assert.Equal(thrown.Fields.Values, made.Fields.Values);
            }
            Assert.Equal("out_of_range: value=1001 highest=1000 index=0", new OutOfRangeException(1001, 1000, 0).Message);
            var later = new TollbridgeException(99, "later", "text", new Dictionary<string, object> { ["number"] = 5UL });
            Assert.Equal((99, "later", "text"), (later.Code, later.Name, later.Message));
            Assert.Equal(5UL, (ulong)later.Fields["number"]);
        }

        [Fact]
        public void NobodyChangesTheFields()
        {
            foreach (var thrown in new[] { Caught(() => Made.Record(1001)), new OutOfRangeException(1001, 1000, 0) })
            {
                Assert.Throws<NotSupportedException>(() => ((IDictionary<string, object>)thrown.Fields)["value"] = 5UL);
                Assert.Equal(1001UL, (ulong)thrown.Fields["value"]);
            }
        }

        /// <summary>However far outside an argument is, also where C's type cannot hold it.</summary>
        [Fact]
        public void ABadArgumentHasOneClass()
        {
            foreach (int digits in new[] { 6, 9, 255, 256, 300, -1, int.MinValue })
            {
                var refused = Assert.Throws<InvalidArgumentException>(() => new Histogram(1, 1000, digits));
                Assert.Equal(("significant_digits", $"{digits}", "from 0 to 5"), (refused.Argument, refused.Value, refused.Rule));
                Assert.Equal($"significant_digits is {digits}, but must be from 0 to 5", refused.Message);
            }
            Assert.Equal("lowest", Assert.Throws<InvalidArgumentException>(() => new Histogram(0, 1000, 300)).Argument);
            foreach (int ticks in new[] { 0, 1001, -1 })
            {
                var refused = Assert.Throws<InvalidArgumentException>(() => Made.Render(ticks));
                Assert.Equal(("ticks", $"{ticks}"), (refused.Argument, refused.Value));
                Assert.Equal($"ticks is {ticks}, but must be {refused.Rule}", refused.Message);
            }
        }

        [Fact]
        public void FieldsAndMessageAreTheCores()
        {
            var thrown = Assert.Throws<ProbeException>(() => Probe.Fail(7));
            Assert.Equal("probe failed: 7 NaN café", thrown.Message);
            Assert.Equal((7UL, "café"), (thrown.Number, thrown.Text));
            Assert.True(double.IsNaN(thrown.Ratio));
            var missing = Assert.Throws<LogFileException>(() => IntervalLog.Replay("/nowhere/é"));
            Assert.Equal(("/nowhere/é", 2UL), (missing.Path, missing.OsCode));
        }

        [Fact]
        public void APanicIsAnOrdinaryException()
        {
            Assert.Equal("a\0é", Assert.Throws<PanicException>(() => Fault.Panic("a\0é")).What);
            using var histogram = new Histogram();
            Assert.Throws<PanicException>(() => Fault.PanicWhileLocked(histogram));
            Assert.Throws<PoisonedException>(() => histogram.Record(1));
            Assert.Throws<PoisonedException>(() => histogram.Count);
        }

        [Fact]
        public void ArgumentsThatDoNotEvenCrossAreDotNetsToRefuse()
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => Probe.MakeBytes(-1));
            Assert.Throws<ArgumentNullException>(() => Made.Merge(null!));
        }

        /// <summary>The declarations are those of the headers: the same functions, with arguments and results of the same kind.</summary>
        [Fact]
        public void EveryFunctionOfTheHeadersIsDeclared()
        {
            string include = Path.Combine(Support.Root, "bindings", "c", "cabi", "include");
            string headers = string.Join("\n", Directory.GetFiles(include, "*.h", SearchOption.AllDirectories).Select(File.ReadAllText));
            headers = Regex.Replace(headers, @"//.*|/\*[\s\S]*?\*/|TB_WARN_UNUSED", "");
            // Pointers to functions have names.
            headers = Regex.Replace(headers, @"\btb_(\w+_visitor|watcher|destructor|probe_callback) ", "void *");
            List<string> functions = Regex.Matches(headers, @"^\s*(\w[\w ]*[ *])(tb_\w+)\(([^()]*)\);", RegexOptions.Multiline)
                .Cast<Match>()
                .Select(match => $"{Kind(match.Groups[1].Value)} {match.Groups[2].Value}({Kinds(match.Groups[3].Value)})")
                .ToList();
            // What an exception is made from has the code too.
            Assert.True(functions.Remove("Int32 tb_error_code(pointer)"));
            // The one with a limit does the same without one.
            Assert.True(functions.Remove("pointer tb_replay_log(pointer, UIntPtr, pointer, pointer, pointer)"));
            Assert.True(functions.Count > 60);
            IEnumerable<string> declared = typeof(NativeMethods)
                .GetMethods(System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)
                .Where(method => method.Name.StartsWith("tb_", StringComparison.Ordinal))
                .Select(method => $"{Kind(method.ReturnType)} {method.Name}({Kinds(method)})");
            Assert.Equal(Sorted(functions), Sorted(declared));
        }

        private static string Sorted(IEnumerable<string> lines) =>
            string.Join("\n", lines.OrderBy(line => line, StringComparer.Ordinal));

        private static string Kinds(string parameters) =>
            parameters.Trim() == "void" ? "" : string.Join(", ", parameters.Split(',').Select(Kind));

        private static string Kinds(System.Reflection.MethodInfo method) =>
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

        private static TollbridgeException Caught(Action action)
        {
            try
            {
                action();
            }
            catch (TollbridgeException exception)
            {
                return exception;
            }
            throw new InvalidOperationException("nothing was thrown");
        }

        private static void TooMany()
        {
            using var histogram = new Histogram();
            histogram.Record(3_600_000_000_000);
            histogram.OpenCursor(new Scan.Linear(1));
        }

        private static void Poisoned()
        {
            using var histogram = new Histogram();
            Caught(() => Fault.PanicWhileLocked(histogram));
            histogram.Record(1);
        }

        private static void InvalidEnum()
        {
            byte found;
            ulong value;
            Failure.Check(tb_probe_half(2, 0, &found, &value));
        }

        private static void InvalidLength()
        {
            byte data = 0;
            ulong result;
            Failure.Check(tb_probe_bytes_ends(&data, unchecked((UIntPtr)ulong.MaxValue), &result));
        }
    }
}
