"""Writing files so that a crash leaves the old one or the new one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write(path: Path, text: str, mode: int = 0o600) -> bool:
    """Put text into a file, atomically. Returns whether that changed anything."""
    if path.is_file() and path.read_text() == text:
        path.chmod(mode)
        return False
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A leading dot: the kubelet ignores such files in its manifest folder.
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text)
    fresh.chmod(mode)
    with fresh.open() as handle:
        os.fsync(handle.fileno())
    fresh.replace(path)
    return True


def write_json(path: Path, value: Any) -> bool:
    """Like `write`, with the value as JSON."""
    return write(path, json.dumps(value, indent=1, sort_keys=True) + "\n")


def read_json(path: Path) -> Any:
    """The value in a JSON file, or None where there is none that can be read."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def last_lines(path: Path, count: int = 12) -> str:
    """The end of a log, for an error text."""
    try:
        with path.open("rb") as handle:
            handle.seek(max(0, path.stat().st_size - 16_384))
            return "\n".join(handle.read().decode(errors="replace").splitlines()[-count:])
    except OSError:
        return f"({path} can't be read)"
