"""Tollbridge through ctypes: run `python3 bindings/python/ctypes/quickstart.py`."""

from tollbridge_ctypes import Histogram, OutOfRangeError, Scan

# Values are integers in a unit of your own: nanoseconds here, up to a minute, to three digits.
with Histogram(1, 60_000_000_000, 3, tag="checkout") as latencies:
    latencies.record(250_000)
    latencies.record_all(range(1_000_000, 2_000_000, 1_000))
    with latencies.watch(2_000_000_000, lambda value: print(f"slow: {value / 1e6} ms")):
        latencies.record_durations("250us 1.5ms\n3s")

    print(f"{latencies.count} values, p99 {latencies.value_at_quantile(0.99) / 1e6:.2f} ms")
    for bucket in latencies.buckets(Scan.Logarithmic(first=100_000, base=10.0)):
        print(f"up to {bucket.value / 1e6:10.2f} ms: {bucket.count}")

    # Errors are exceptions with fields; a call that fails has changed nothing.
    try:
        latencies.record(2**63)
    except OutOfRangeError as error:
        print(f"{error.name} ({error.code}): {error.value} is above {error.highest}")

    # The encoding is HdrHistogram's own: other implementations read it.
    assert Histogram.decode(latencies.encode()).count == len(latencies)
