"""What a person sees: lines, errors, questions, tables. Progress goes to stderr, results to stdout."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TextIO

import typer

from local.problem import Problem

Say = Callable[[str], None]
"""What takes a line of progress."""

RED, BOLD, OFF = "\x1b[31m", "\x1b[1m", "\x1b[0m"


def coloured(stream: TextIO) -> bool:
    """Whether colour may be written to `stream`: a terminal, and nobody said NO_COLOR (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(text: str = "") -> None:
    """Print a line of progress."""
    print(text, file=sys.stderr, flush=True)


def heading(text: str) -> None:
    """Print the line that starts a part of the work."""
    say(f"{BOLD}{text}{OFF}" if coloured(sys.stderr) else text)


def error(what: str, fix: str | None = None) -> None:
    """Print what went wrong and, where it's known, how to put it right."""
    label = f"{RED}error:{OFF}" if coloured(sys.stderr) else "error:"
    say(f"{label} {what}")
    if fix:
        say(f"  fix: {fix}")


def interactive() -> bool:
    """Whether somebody is there to answer a question."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str, yes: bool) -> None:
    """Go on if `yes` was given or the person agrees.

    Raises:
        Problem: Nobody is there to ask.
        typer.Exit: The person declined; nothing was changed.
    """
    if yes:
        return
    if not interactive():
        raise Problem(f"{question} - there is no terminal to ask on", "add --yes to go on without asking")
    if not typer.confirm(question, err=True):
        say("nothing was changed")
        raise typer.Exit(1)


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, two spaces apart."""
    lines = [[str(cell) for cell in line] for line in (headers, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headers))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def size(count: int) -> str:
    """Bytes as people read them: 1536 is `1.5 KiB`."""
    amount, units = float(count), ["B", "KiB", "MiB", "GiB", "TiB"]
    while amount >= 1024 and len(units) > 1:
        amount /= 1024
        units.pop(0)
    return f"{amount:.0f} {units[0]}" if units[0] == "B" else f"{amount:.1f} {units[0]}"
