"""Starts the other implementations, each a program that answers requests of the wire."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TOOLS = ROOT / ".tools"
JAR = TOOLS / "reference" / "HdrHistogram-2.2.2.jar"
PYTHON = TOOLS / "venv" / "bin" / "python"
NPM = TOOLS / "reference" / "node_modules" / "hdr-histogram-js"


class Port:
    """A running implementation."""

    def __init__(self, name: str, command: list[str | Path], folder: Path = HERE):
        self.name = name
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | {"TZ": "UTC"},  # logs that are written hold dates
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, tokens: list[str]) -> list[str]:
        """The reply to a request."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(" ".join(tokens) + "\n")
        self.process.stdin.flush()
        reply = self.process.stdout.readline()
        if not reply:
            sys.exit(f"{self.name} ended at: {' '.join(tokens)}")
        return reply.rstrip("\n").split(" ")


def stop_if_missing(also: list[tuple[bool, str]] | None = None) -> None:
    """Ends the program when something is not installed: as a failure on CI, else as a skip."""
    setup = "run scripts/setup-reference"
    python_package = any(TOOLS.glob("venv/lib/*/site-packages/hdrh"))
    wants = [
        (shutil.which("javac"), "no JDK (17 or later), Debian: openjdk-17-jdk-headless"),
        (JAR.exists(), f"no {JAR.name}: {setup} (needs mvn, Debian: maven)"),
        (shutil.which("node"), "no node (18 or later), Debian: nodejs npm"),
        (NPM.exists(), f"no npm package hdr-histogram-js: {setup} (needs npm)"),
        (python_package, f"no PyPI package hdrhistogram: {setup}"),
        *(also or []),
    ]
    if missing := [sentence for there, sentence in wants if not there]:
        print("not checked against other implementations:", *missing, sep="\n  ", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else 0)


def start() -> list[Port]:
    """The reference first."""
    return [
        Port("java", ["java", "-Dfile.encoding=UTF-8", "-cp", JAR, HERE / "Reference.java"]),
        Port("pypi", [PYTHON, HERE / "pypi_port.py"]),
        Port("npm", ["node", HERE / "npm_port.mjs"], folder=TOOLS / "reference"),
    ]
