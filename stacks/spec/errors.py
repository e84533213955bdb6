"""How a wrong spec is told: at most three lines with file, path, value and fix, and no traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi

WHOLE = "(the whole file)"
_LONGEST = 80


def shown(value: Any) -> str:
    """A value on one short line, however big or odd it is."""
    try:
        text = repr(value) if not isinstance(value, dict | list) else _outline(value)
    except (ValueError, RecursionError):
        text = "a value too big to show"
    text = "".join(char if char.isprintable() else "?" for char in text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _outline(value: dict[Any, Any] | list[Any]) -> str:
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    return f"keys {', '.join(str(key)[:20] for key in list(value)[:5])}" if value else "nothing"


def wrong(file: Path, path: str, value: str, fix: str, *, line: int | None = None, more: int = 0) -> pulumi.RunError:
    """The error for the person who wrote the spec.

    Args:
        file: The spec.
        path: Where in it, such as `postgres.storage`.
        value: What is there, already short.
        fix: What would do.
        line: Line of the file, from 1.
        more: How many further errors there are.
    """
    where = f"stacks/{file.name}" + (f":{line}" if line else "")
    rest = f"\n  ({more} more in this file)" if more else ""
    return pulumi.RunError(f"{where}: {path} is {value}\n  fix: {' '.join(fix.split())}{rest}")
