#if HISTOGRAM
using System.Collections.Generic;
using Tollbridge.Probes;

namespace Tollbridge.Runner
{
    /// <summary>The operations on faults.</summary>
    internal static class Faults
    {
        internal static readonly Dictionary<string, Operation> All = new Dictionary<string, Operation>
        {
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
