using System;
using System.Collections.Generic;
using System.Linq;
using Tollbridge.Probes;

namespace Tollbridge.Runner
{
    /// <summary>The operations on probes.</summary>
    internal static class ProbeOperations
    {
        internal static readonly Dictionary<string, Operation> All = new Dictionary<string, Operation>
        {
            ["nop"] = (q, r) => Probe.Nop(),
            ["add"] = (q, r) => r.Put(Probe.Add(q.Integer(), q.Integer())),
            ["half"] = (q, r) => r.Put(Probe.Half(q.Word() == "some" ? q.Integer() : (ulong?)null)),
            ["str_len"] = (q, r) => r.Put(Probe.StrLen(q.Text())),
            ["str_chars"] = (q, r) => r.Put(Probe.StrChars(q.Text())),
            ["echo"] = (q, r) => r.Put(Probe.Echo(q.Text())),
            ["make_str"] = (q, r) => r.Put(Probe.MakeStr(q.Length(), q.Flag())),
            ["bytes_ends"] = (q, r) => r.Put(Probe.BytesEnds(q.Bytes())),
            ["bytes_sum"] = (q, r) => r.Put(Probe.BytesSum(q.Bytes())),
            ["make_bytes"] = (q, r) => r.Put(Probe.MakeBytes(q.Length())),
            ["f64_ends"] = (q, r) => r.Put(Probe.F64Ends(q.List(q.Real))),
            ["f64_sum"] = (q, r) => r.Put(Probe.F64Sum(q.List(q.Real))),
            ["make_f64"] = (q, r) => r.List(Probe.MakeF64(q.Length()), value => r.Put(value)),
            ["scale_in_place"] = ScaleInPlace,
            ["point_in"] = (q, r) => r.Put(Probe.PointIn(Point(q))),
            ["make_point"] = (q, r) => Put(r, Probe.MakePoint(q.Integer())),
            ["points_ends"] = (q, r) => r.Put(Probe.PointsEnds(q.List(() => Point(q)))),
            ["points_sum"] = (q, r) => r.Put(Probe.PointsSum(q.List(() => Point(q)))),
            ["make_points"] = (q, r) => r.List(Probe.MakePoints(q.Length()), point => Put(r, point)),
            ["shape_in"] = (q, r) => r.Put(Probe.ShapeIn(Shape(q))),
            ["make_shape"] = (q, r) => Put(r, Probe.MakeShape(q.Integer())),
            ["map_sum"] = MapSum,
            ["make_map"] = MakeMap,
            ["fail"] = (q, r) => Probe.Fail(q.Integer()),
            ["call_back"] = (q, r) => CallBack(Probe.CallBack, q, r),
            ["call_back_from_new_thread"] = (q, r) => CallBack(Probe.CallBackFromNewThread, q, r),
        };

        private static void ScaleInPlace(Request q, Reply r)
        {
            double[] values = q.List(q.Real);
            Probe.ScaleInPlace(values, q.Real());
            r.List(values, value => r.Put(value));
        }

        private static Point Point(Request q) => new Point(q.Integer(), q.Real(), q.Real(), checked((uint)q.Integer()));

        private static void Put(Reply r, Point point) => r.Put(point.Id).Put(point.X).Put(point.Y).Put((ulong)point.Flags);

        private static Shape Shape(Request q) => q.Word() switch
        {
            "dot" => new Shape.Dot(),
            "circle" => new Shape.Circle(q.Real()),
            "label" => new Shape.Label(q.Text()),
            _ => throw new MalformedException("not a shape"),
        };

        private static void Put(Reply r, Shape shape)
        {
            switch (shape)
            {
                case Shape.Dot _:
                    r.Word("dot");
                    break;
                case Shape.Circle circle:
                    r.Word("circle").Put(circle.Radius);
                    break;
                case Shape.Label label:
                    r.Word("label").Put(label.Text);
                    break;
            }
        }

        private static void MapSum(Request q, Reply r)
        {
            KeyValuePair<string, ulong>[] entries = q.List(() => KeyValuePair.Create(q.Text(), q.Integer()));
            r.Put(Probe.MapSum(new Dictionary<string, ulong>(entries, StringComparer.Ordinal)));
        }

        private static void MakeMap(Request q, Reply r)
        {
            KeyValuePair<string, ulong>[] entries = Probe.MakeMap(q.Length()).ToArray();
            Array.Sort(entries, (one, other) => string.CompareOrdinal(one.Key, other.Key));
            r.List(entries, entry => r.Put(entry.Key).Put(entry.Value));
        }

        private static void CallBack(Func<ulong, Func<ulong, ulong?>, ulong?> function, Request q, Reply r)
        {
            ulong n = q.Integer();
            string mode = q.Word();
            ulong at = mode == "all" ? 0 : q.Integer();
            var mine = new VisitorException();
            ulong? Answer(ulong number)
            {
                if (number + 1 != at)
                {
                    return number * 3;
                }
                return mode == "raise" ? throw mine : (ulong?)null;
            }

            try
            {
                ulong? sum = function(n, Answer);
                r.Word(sum == null ? "stopped" : "finished");
                if (sum is ulong finished)
                {
                    r.Put(finished);
                }
            }
            catch (VisitorException exception)
            {
                r.Word(ReferenceEquals(exception, mine) ? "raised" : "another_raised");
            }
        }
    }
}
