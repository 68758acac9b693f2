using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;

// As much of xunit as the tests use, for machines without NuGet: the same names, so that the same sources run under either.
namespace Xunit
{
    /// <summary>Marks a test.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class FactAttribute : Attribute
    {
    }

    /// <summary>How tests run. Here it is one after the other, whatever is said.</summary>
    [AttributeUsage(AttributeTargets.Assembly)]
    public sealed class CollectionBehaviorAttribute : Attribute
    {
        /// <summary>Whether tests of several classes never run at once.</summary>
        public bool DisableTestParallelization { get; set; }
    }

    /// <summary>A test says no.</summary>
    public sealed class AssertException : Exception
    {
        /// <summary>Makes it.</summary>
        public AssertException(string message)
            : base(message)
        {
        }
    }

    /// <summary>What tests say.</summary>
    public static class Assert
    {
        public static void True(bool condition)
        {
            if (!condition)
            {
                throw new AssertException("not true");
            }
        }

        public static void False(bool condition) => True(!condition);

        public static void Null(object? value) => Equal<object?>(null, value);

        public static void Same(object? expected, object? actual)
        {
            if (!ReferenceEquals(expected, actual))
            {
                throw new AssertException($"{actual} is not the very same as {expected}");
            }
        }

        /// <summary>Collections are equal when their items are.</summary>
        public static void Equal<T>(T expected, T actual)
        {
            bool equal = expected is IEnumerable some && actual is IEnumerable others
                ? some.Cast<object?>().SequenceEqual(others.Cast<object?>())
                : EqualityComparer<T>.Default.Equals(expected, actual);
            if (!equal)
            {
                throw new AssertException($"{Show(actual)} instead of {Show(expected)}");
            }
        }

        public static void Contains(string part, string? text)
        {
            if (text == null || !text.Contains(part, StringComparison.Ordinal))
            {
                throw new AssertException($"{Show(part)} is not in {Show(text)}");
            }
        }

        /// <summary>Of this very class.</summary>
        public static T Throws<T>(Action action)
            where T : Exception => ThrowsAsync<T>(() =>
            {
                action();
                return Task.CompletedTask;
            }).GetAwaiter().GetResult();

        public static T Throws<T>(Func<object?> action)
            where T : Exception => Throws<T>(() => { action(); });

        public static async Task<T> ThrowsAsync<T>(Func<Task> action)
            where T : Exception
        {
            T thrown = await ThrowsAnyAsync<T>(action);
            Equal(typeof(T), thrown.GetType());
            return thrown;
        }

        /// <summary>Of this class or one derived from it.</summary>
        public static async Task<T> ThrowsAnyAsync<T>(Func<Task> action)
            where T : Exception
        {
            try
            {
                await action();
            }
            catch (T expected)
            {
                return expected;
            }
            throw new AssertException("nothing was thrown: " + typeof(T).Name);
        }

        private static string Show(object? value) => value switch
        {
            null => "null",
            string text => $"\"{text}\"",
            IEnumerable items => "[" + string.Join(" ", items.Cast<object?>().Select(Show)) + "]",
            _ => value.ToString() ?? "",
        };
    }
}
