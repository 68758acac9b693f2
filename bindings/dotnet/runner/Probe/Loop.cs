namespace Tollbridge.Runner
{
    /// <summary>One timed shape. Each has a class of its own, which expand.py writes from loops.toml: nothing stands between the
    /// loop and the call.</summary>
    internal abstract class Loop
    {
        /// <summary>What is timed, as its user would write it.</summary>
        internal abstract string Expression { get; }

        /// <summary>Times so many batches of so many calls.</summary>
        internal abstract Timing Run(int n, long iterations, int batches);
    }

    /// <summary>The ticks of each batch, and a value that proves the work was done.</summary>
    internal sealed class Timing
    {
        internal Timing(long[] batches, long check)
        {
            Batches = batches;
            Check = check;
        }

        internal long[] Batches { get; }

        internal long Check { get; }
    }
}
