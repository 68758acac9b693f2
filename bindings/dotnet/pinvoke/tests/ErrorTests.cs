using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
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
            ["invalid_text"] = () => Made.Tag = "\ud800",
            ["null_argument"] = () => Made.RecordAll(new ReadOnlySpan<ulong>(null, 1)),
            ["invalid_enum"] = () => InvalidEnum(),
            ["invalid_length"] = () => InvalidLength(),
            ["malformed_log"] = () => IntervalLog.Replay(Support.Data("bad-number.hlog")),
            ["io"] = () => IntervalLog.Replay("/nowhere/é"),
            ["cancelled"] = () => IntervalLog.Replay(Support.Data("tollbridge.hlog"), progress => false),
        };

        /// <summary>A panic, what it leaves, and what is kept for tests: no argument leads to them.</summary>
        private static readonly int[] MetElsewhere = { 9, 10, 16 };

        private static Histogram Made => new Histogram(1, 1000, 3);

        [Fact]
        public void EveryErrorHasItsClass()
        {
            var met = new HashSet<Type>();
            foreach (KeyValuePair<string, Action> error in Errors)
            {
                Assert.True(met.Add(Whole(error.Key, error.Value).GetType()));
            }
            IEnumerable<Type> classes = typeof(TollbridgeException).Assembly.GetTypes()
                .Where(type => type.BaseType == typeof(TollbridgeException));
            foreach (Type other in classes.Except(met))
            {
                ConstructorInfo made = other.GetConstructors().Single();
                object[] values = made.GetParameters()
                    .Select(field => field.ParameterType == typeof(string) ? "" : Activator.CreateInstance(field.ParameterType)!)
                    .ToArray();
                Assert.True(MetElsewhere.Contains(((TollbridgeException)made.Invoke(values)).Code));
            }
        }

        /// <summary>What catches them may be tested without the library.</summary>
        [Fact]
        public void EveryErrorCanBeMade()
        {
            foreach (Action met in Errors.Values)
            {
                MadeByHand(Caught(met));
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
            var thrown = Assert.Throws<InvalidDurationException>(() => Made.RecordDurations("1us\n 2µs café"));
            Assert.Contains("café", thrown.Message);
            Assert.Equal((2UL, 6UL, "café"), (thrown.Line, thrown.Column, thrown.Token));
            Assert.True(double.IsNaN(Assert.Throws<InvalidQuantileException>(() => Made.ValueAtQuantile(double.NaN)).Quantile));
            var missing = Assert.Throws<LogFileException>(() => IntervalLog.Replay("/nowhere/é"));
            Assert.Equal(("/nowhere/é", 2UL), (missing.Path, missing.OsCode));
        }

        [Fact]
        public void ArgumentsThatDoNotEvenCrossAreDotNetsToRefuse()
        {
            Assert.Throws<ArgumentNullException>(() => Made.Merge(null!));
        }

        /// <summary>The declarations are those of the header: the same functions, with arguments and results of the same kind.</summary>
        [Fact]
        public void EveryFunctionOfTheHeaderIsDeclared()
        {
            List<string> functions = Headers.Functions("tollbridge.h");
            // What an exception is made from has the code too.
            Assert.True(functions.Remove("Int32 tb_error_code(pointer)"));
            // The one with a limit does the same without one.
            Assert.True(functions.Remove("pointer tb_replay_log(pointer, UIntPtr, pointer, pointer, pointer)"));
            Assert.True(functions.Count > 40);
            HashSet<string> declared = Headers.Declared().ToHashSet();
            Assert.Equal("", string.Join("\n", functions.Where(function => !declared.Contains(function))));
        }

        /// <summary>What is thrown, which has this name, and as properties its fields and nothing else.</summary>
        internal static TollbridgeException Whole(string name, Action action)
        {
            TollbridgeException thrown = Caught(action);
            Assert.Equal(name, thrown.Name);
            IEnumerable<object?> properties = thrown.GetType().GetProperties()
                .Where(property => property.DeclaringType == thrown.GetType())
                .Select(property => property.GetValue(thrown));
            Assert.Equal(thrown.Fields.Values, properties);
            return thrown;
        }

        /// <summary>Another like what was thrown can be made of its fields.</summary>
        internal static void MadeByHand(TollbridgeException thrown)
        {
            var made = (TollbridgeException)Activator.CreateInstance(thrown.GetType(), thrown.Fields.Values.ToArray())!;
            Assert.Equal((thrown.Code, thrown.Name), (made.Code, made.Name));
            Assert.Equal(thrown.Fields.Keys, made.Fields.Keys);
            Assert.Equal(thrown.Fields.Values, made.Fields.Values);
        }

        internal static TollbridgeException Caught(Action action)
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

        private static void InvalidEnum()
        {
            var config = new Config { Lowest = 1, Highest = 1000, SignificantDigits = 3 };
            var scan = new NativeScan { Kind = 99 };
            IntPtr histogram, buckets;
            Failure.Check(tb_histogram_new(&config, &histogram));
            try
            {
                Failure.Check(tb_histogram_buckets(histogram, &scan, &buckets));
            }
            finally
            {
                tb_histogram_free(histogram);
            }
        }

        private static void InvalidLength()
        {
            byte data = 0;
            IntPtr histogram;
            Failure.Check(tb_histogram_decode(&data, unchecked((UIntPtr)ulong.MaxValue), &histogram));
        }
    }
}
