"""The wheel `tollbridge` in a minute: `python quickstart.py`, or under pytest, as CI does."""

import tollbridge
from tollbridge import Histogram, Scan


# ANCHOR: quickstart
def main():
    with Histogram(tag="checkout") as latencies:  # values in nanoseconds, up to an hour
        latencies.record(250_000)
        latencies.record_all([1_000_000, 1_100_000, 1_200_000])  # or a NumPy array
        with latencies.watch(2_000_000_000, lambda value: print(f"slow: {value} ns")):
            latencies.record_durations("250us 1.5ms\n3s")

        summary = latencies.summary()
        print(f"{summary.count} values, p50 {summary.p50} ns, p99 {summary.p99} ns")

        for value, count, _total in latencies.buckets(Scan.Linear(step=1_000_000_000)):
            if count:
                print(f"up to {value} ns: {count}")

        try:
            latencies.record(10**15)
        except tollbridge.OutOfRangeError as error:
            print(f"refused: {error} (highest is {error.highest})")

        again = Histogram.decode(latencies.encode())  # a format that other languages read
        again.merge(latencies)
        return again.count


# ANCHOR_END: quickstart


def test_quickstart(capsys):
    assert main() == 14
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "slow: 3000000000 ns"
    assert lines[1] == "7 values, p50 1100799 ns, p99 3001024511 ns"
    assert lines[2] == "up to 999999999 ns: 6"
    assert lines[-1].startswith("refused: value 1000000000000000 (item 0) is above")


if __name__ == "__main__":
    main()
