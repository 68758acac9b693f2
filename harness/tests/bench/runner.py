"""A runner of its own kind: each shape goes wrong in the way its name says."""

import os
import sys
import time

SHAPES = ["empty", "good", "void", "crash", "hang", "nonsense"]


def text(words):
    return "x" + words.encode().hex()


def answer(request):
    match request.split():
        case ["hello"]:
            return f"ok {text('fake/odd')} x {text('a fake')}"
        case ["shapes"]:
            return f"ok {len(SHAPES)} " + " ".join(f"{s} {text(s + '()')}" for s in SHAPES)
        case ["stats"]:
            return "ok 1 collections 3"
        case ["time", "empty", _, _, "1"]:
            return "ok 1 1000000 1"
        case ["time", "good", n, iterations, "1"]:
            return f"ok 1 {1000 * int(iterations)} {int(n) * int(iterations)}"
        case ["time", "void", *_]:
            return "ok 1 1000 41"
        case ["time", "crash", *_]:
            print("last words", file=sys.stderr, flush=True)
            os._exit(3)
        case ["time", "hang", *_]:
            time.sleep(60)
        case _:
            return "unsupported op"


for line in sys.stdin:
    print(answer(line), flush=True)
