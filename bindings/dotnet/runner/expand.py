"""Writes C# from loops.toml: one class a shape, the expression expanded into the one loop template below.

expand.py loops.toml Loops.g.cs
"""

import sys
import textwrap
import tomllib
from pathlib import Path

LOOP = """\
internal sealed class {name}Loop : Loop
{{
    internal override string Expression => @"{quoted}";

    internal override Timing Run(int n, long iterations, int batches)
    {{
        long calls = iterations * batches;
{setup}
        var times = new long[batches];
        for (int batch = 0; batch < batches; batch++)
        {{
{batch}
            long start = Stopwatch.GetTimestamp();
            for (long i = 0; i < iterations; i++)
            {{
{call}
            }}
            times[batch] = Stopwatch.GetTimestamp() - start;
        }}
        return new Timing(times, (long)({check}));
    }}
}}
"""

FILE = """\
// Written by expand.py from loops.toml.
#nullable enable
#pragma warning disable CS0219 // not every shape asks for the number of its calls
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using Tollbridge.Probes;

namespace Tollbridge.Runner
{{
    /// <summary>The timed shapes, by their names in bench/shapes.toml.</summary>
    internal static class Loops
    {{
        internal static readonly IReadOnlyDictionary<string, Loop> All = new Dictionary<string, Loop>
        {{
{rows}
        }};
    }}

{classes}
}}
"""


def conditional(needs, text):
    """`text`, compiled only with libraries that have what it needs."""
    return f"#if {needs}\n{text.rstrip()}\n#endif" if needs else text.rstrip()


def main():
    source, target = map(Path, sys.argv[1:])
    rows, classes = [], []
    for shape, entry in tomllib.loads(source.read_text(encoding="utf-8")).items():
        name = shape.title().replace("_", "")
        text = LOOP.format(
            name=name,
            quoted=entry["call"].strip().replace('"', '""'),
            setup=textwrap.indent(entry.get("setup", "").rstrip(), " " * 8),
            batch=textwrap.indent(entry.get("batch", "").rstrip(), " " * 12),
            call=textwrap.indent(entry["call"].rstrip(), " " * 16),
            check=entry["check"],
        )
        needs = entry.get("needs")
        rows.append(conditional(needs, f'            ["{shape}"] = new {name}Loop(),'))
        classes.append(conditional(needs, textwrap.indent(text, "    ")))
    expanded = FILE.format(rows="\n".join(rows), classes="\n\n".join(classes))
    target.write_text(expanded, encoding="utf-8")


if __name__ == "__main__":
    main()
