using System;
using System.Collections.Generic;
using System.Linq;
#if !HISTOGRAM
using Tollbridge.Probes;
#endif

namespace Tollbridge.Runner
{
    /// <summary>What the library that this was compiled with has besides probes.</summary>
    internal static class Surface
    {
#if HISTOGRAM
        /// <summary>Whether there is an error for text with lone surrogates. Only such a bridge is sent it.</summary>
        internal const bool ChecksText = true;

        internal static IEnumerable<KeyValuePair<string, Operation>> Operations =>
            HistogramOperations.All.Concat(WatcherOperations.All).Concat(LogOperations.All)
#if PROBE
                .Concat(ProbeOperations.All).Concat(Faults.All).Concat(Timed.All)
#endif
                ;

        /// <summary>Uses the library, so that it is loaded.</summary>
        internal static void Load() => new Histogram(1, 2, 0).Dispose();

        /// <summary>Before the first request.</summary>
        internal static void Prepare() => WatcherOperations.ReportFailures();

        /// <summary>Lets go of everything a vector made.</summary>
        internal static void Reset()
        {
            HistogramOperations.Reset();
            WatcherOperations.Reset();
            LogOperations.Reset();
        }

        /// <summary>The reply for an exception of the library, or null for another's.</summary>
        internal static string? Failed(Exception exception) => exception switch
        {
            TollbridgeException failure => Program.Failed(failure.Code, failure.Name, failure.Fields, failure.Message),
            // .NET has a class of its own for this, with a message of its own.
            ObjectDisposedException _ => Program.Failed(11, "closed", new Dictionary<string, object>(), "the handle is closed"),
            _ => null,
        };
#else
        internal const bool ChecksText = false;

        internal static IEnumerable<KeyValuePair<string, Operation>> Operations => ProbeOperations.All.Concat(Timed.All);

        internal static void Load() => Probe.Nop();

        internal static void Prepare()
        {
        }

        internal static void Reset()
        {
        }

        internal static string? Failed(Exception exception) => exception is ProbeException failure
            ? Program.Failed(failure.Code, failure.Name, failure.Fields, failure.Message)
            : null;
#endif
    }
}
