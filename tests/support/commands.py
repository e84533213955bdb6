"""Commands as a person types them, with their output shown and their time taken."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local import paths

MLP = paths.checkout() / ".venv" / "bin" / "mlp"


@dataclass(frozen=True)
class Ran:
    """A command that ended."""

    command: str
    code: int
    output: str
    """What it printed, both streams as they came."""
    stdout: str
    """The first stream alone, for output that a program reads."""
    seconds: float

    def must_succeed(self) -> Ran:
        """Raise with the command's output unless it exited 0."""
        if self.code:
            raise AssertionError(
                f"`{self.command}` exited {self.code} after {self.seconds:.0f} s\n{self.output[-6000:]}"
            )
        return self


def run(
    command: Sequence[str | Path],
    seconds: float,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Ran:
    """Run a command to its end and print what it prints.

    Args:
        seconds: After so many the command is killed and the test fails.
        environment: The whole environment; this process's if not given.
        folder: The working directory; the checkout if not given.

    Raises:
        AssertionError: It took too long.
    """
    text, start = shlex.join(str(part) for part in command), time.monotonic()
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=folder or paths.checkout(),
        env=dict(environment if environment is not None else os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    lines: list[str] = []
    first: list[str] = []
    readers = [_reader(process.stdout, lines, first), _reader(process.stderr, lines, [])]
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"`{text}` didn't end in {seconds:.0f} s\n{''.join(lines)[-6000:]}") from None
    except BaseException:
        # The test's own limit: it mustn't go on beside the next attempt.
        process.kill()
        raise
    for reader in readers:
        # What it left running may hold the streams open: its own output is complete by then.
        reader.join(5)
    took = time.monotonic() - start
    print(f"$ {text}  -> {code} after {took:.1f} s", file=sys.stderr)
    return Ran(text, code, "".join(lines), "".join(first), took)


def _reader(stream: object, *into: list[str]) -> threading.Thread:
    def read() -> None:
        for line in stream:  # type: ignore[attr-defined]  # a pipe: Popen types it as optional
            for lines in into:
                lines.append(line)
            print(line, end="", file=sys.stderr)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return thread


def mlp(*arguments: str, seconds: float, environment: Mapping[str, str] | None = None) -> Ran:
    """Run `mlp` as installed in the checkout's environment."""
    return run([MLP, *arguments], seconds, environment)
