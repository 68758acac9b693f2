"""Reads *.vec files: the human form of conformance/README.md becomes tokens of the wire."""

import math
import re
import struct
from dataclasses import dataclass, field
from pathlib import Path

# What `@data` stands for.
DATA = Path(__file__).resolve().parent.parent / "data"
TEXT = r'"(?P<text>(?:[^"\\]|\\.)*)"'
TOKEN = re.compile(
    rf'\s+|(?P<key>\w+=)|(?P<open>[\[({{])|(?P<close>[\])}}])|{TEXT}|(?P<word>[^\s\[\](){{}}"]+)'
)
# An arrow inside text is none.
LINE = re.compile(rf'(?P<request>(?:{TEXT}|(?!=>)[^"])*)(?P<arrow>(?:=>)?)(?P<reply>.*)')
ESCAPE = re.compile(rb"\\(?:u\{([0-9a-fA-F]+)\}|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"0": b"\0", b"\\": b"\\", b'"': b'"'}
FLOAT = re.compile(r"nan|-?inf|-?\d+(?:\.\d+(?:e[-+]?\d+)?|e[-+]?\d+)")


@dataclass
class Step:
    """One request and the reply it expects, as tokens."""

    line: int
    human: str
    ask: list[str]
    expect: list[str]


@dataclass
class Vector:
    """A named script."""

    name: str
    steps: list[Step] = field(default_factory=list)


def read(path: Path) -> list[Vector]:
    """All vectors of a file."""
    vectors: list[Vector] = []
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith(("#", "why ")):
            continue
        if line.startswith("vector "):
            vectors.append(Vector(f"{path.stem}/{line[7:].strip()}"))
            continue
        parts = LINE.fullmatch(line)
        if not parts:
            raise ValueError(f"{path}:{number}: unclosed text")
        request = parts["request"].strip()
        expect = compile_tokens(parts["reply"])
        if expect[:1] not in (["err"], ["any"], ["ok"]):
            expect.insert(0, "ok")
        steps = vectors[-1].steps
        if parts["arrow"] and not request:
            steps[-1].expect = expect
        else:
            steps.append(Step(number, request, compile_tokens(request), expect))
    return vectors


def compile_tokens(source: str) -> list[str]:
    """Literals become tokens; a list is preceded by its number of items."""
    open_groups: list[tuple[str, list[str], int]] = [("", [], 0)]
    key, at = "", 0
    while at < len(source):
        match = TOKEN.match(source, at)
        if not match:
            raise ValueError(f"cannot read {source[at:]!r}")
        at = match.end()
        if match["open"]:
            open_groups.append((match["open"], [], 0))
            continue
        if match["close"]:
            bracket, tokens, items = open_groups.pop()
            if bracket == "[":
                tokens.insert(0, str(items))
            elif bracket == "{":
                tokens = ["{", *tokens, "}"]
        elif match["text"] is not None:
            tokens = ["x" + unescape(match["text"]).hex()]
        elif match["word"]:
            tokens = [literal(match["word"])]
        else:
            key = match["key"] or key
            continue
        bracket, group, items = open_groups[-1]
        open_groups[-1] = (bracket, [*group, key + tokens[0], *tokens[1:]], items + 1)
        key = ""
    if len(open_groups) != 1:
        raise ValueError(f"unclosed bracket in {source!r}")
    return open_groups[0][1]


def unescape(text: str) -> bytes:
    """The bytes of a text literal: UTF-8, or WTF-8 when it holds lone surrogates."""

    def one(match: re.Match[bytes]) -> bytes:
        if match[1]:
            return chr(int(match[1], 16)).encode("utf-8", "surrogatepass")
        return bytes.fromhex(match[2].decode()) if match[2] else PLAIN[match[3]]

    return ESCAPE.sub(one, text.encode("utf-8"))


def literal(word: str) -> str:
    """A number, bytes, a file of the samples or a plain word."""
    if word.startswith("@data/"):
        return "x" + str(DATA / word[6:]).encode().hex()
    if word.startswith("#"):
        return "x" + word[1:]
    value, tilde, tolerance = word.partition("~")
    if FLOAT.fullmatch(value):
        return float_token(float(value)) + tilde + tolerance
    return word


def float_token(value: float) -> str:
    """A float as the wire has it."""
    return "d" + struct.pack(">d", value).hex()


def float_value(token: str) -> float | None:
    """What a float token stands for; None for another token."""
    if not re.fullmatch(r"d[0-9a-f]{16}", token):
        return None
    return struct.unpack(">d", bytes.fromhex(token[1:]))[0]


def matches(expect: list[str], got: list[str]) -> bool:
    """Equal tokens; a float with a tolerance matches within it, relative to itself."""
    return len(expect) == len(got) and all(map(token_matches, expect, got))


def token_matches(expect: str, got: str) -> bool:
    """Whether one token is as expected."""
    expect, _, tolerance = expect.partition("~")
    if expect == got:
        return True
    wanted, found = float_value(expect), float_value(got)
    if wanted is None or found is None:
        return False
    if math.isnan(wanted):
        return math.isnan(found)
    return bool(tolerance) and abs(wanted - found) <= float(tolerance) * abs(wanted)
