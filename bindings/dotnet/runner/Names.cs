#if HISTOGRAM
using System.Collections.Concurrent;

namespace Tollbridge.Runner
{
    /// <summary>What a vector has made, by the names that it chose. Ops of several threads use it at once.</summary>
    internal sealed class Names<T>
        where T : class
    {
        private readonly ConcurrentDictionary<string, T> named = new ConcurrentDictionary<string, T>();

        internal T this[string name]
        {
            get => Find(name) ?? throw new MalformedException("nothing is called " + name);
            set => named[name] = value;
        }

        internal T? Find(string name) => named.TryGetValue(name, out T? found) ? found : null;

        internal void Clear() => named.Clear();
    }
}
#endif
