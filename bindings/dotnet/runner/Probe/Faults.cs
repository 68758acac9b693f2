#if HISTOGRAM
using System.Collections.Generic;
using Tollbridge.Probes;

namespace Tollbridge.Runner
{
    /// <summary>The operations on faults, and on probes of a histogram.</summary>
    internal static class Faults
    {
        internal static readonly Dictionary<string, Operation> All = new Dictionary<string, Operation>
        {
            ["record_from_new_thread"] = (q, r) => Probe.RecordFromNewThread(HistogramOperations.Named(q), q.Integer()),
            ["panic"] = (q, r) => Fault.Panic(q.Text()),
            ["panic_while_locked"] = (q, r) => Fault.PanicWhileLocked(HistogramOperations.Named(q)),
            ["hazard"] = Hazards.Run,
            ["loaded"] = Hazards.Loaded,
            ["null_managed"] = Hazards.NullManaged,
            ["null_unsafe"] = Hazards.NullUnsafe,
            ["null_native"] = Hazards.NullNative,
        };
    }
}
#endif
