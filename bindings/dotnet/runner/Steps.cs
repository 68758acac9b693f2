#if HISTOGRAM
using System;
using System.Collections.Generic;

namespace Tollbridge.Runner
{
    /// <summary>What a visitor or a progress callback of a vector does at which of its calls: `all`, `stop k`, `raise k`, `do k { … }`.</summary>
    internal sealed class Steps
    {
        private readonly string mode;
        private readonly ulong at;
        private readonly List<string[]> block;
        private ulong calls;
        private string? nested;

        internal Steps(Request q)
        {
            mode = q.Word();
            at = mode == "all" ? 0 : q.Integer();
            block = mode == "do" ? q.Block() : new List<string[]>();
        }

        /// <summary>Runs what calls a step at each of its calls, and says how it ended.</summary>
        internal string Run(Func<Func<bool>, bool> run)
        {
            var mine = new VisitorException();
            bool Step()
            {
                if (++calls != at)
                {
                    return true;
                }
                switch (mode)
                {
                    case "raise":
                        throw mine;
                    case "do":
                        nested = Program.Run(block);
                        return true;
                    default:
                        return false;
                }
            }

            try
            {
                return run(Step) ? "finished" : "stopped";
            }
            catch (VisitorException exception)
            {
                return ReferenceEquals(exception, mine) ? "raised" : "another_raised";
            }
        }

        /// <summary>The reply to the last op of `do`, if it came to that.</summary>
        internal void PutNested(Reply r)
        {
            if (nested != null)
            {
                r.Word(":").Word(nested);
            }
        }
    }
}
#endif
