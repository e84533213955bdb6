"""What a pusher reads of an import that failed: file, line, message; nothing of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypedDict

FRAME = re.compile(r'^\s*File "(?P<path>[^"]+)", line (?P<line>\d+)')
LONGEST = 2000


class Finding(TypedDict):
    """One file's error, as the git server prints it."""

    file: str
    error: str


def shorten(text: str, folder: str) -> str:
    """A traceback without frames of other code than the user's, with paths as in the repository.

    Args:
        text: A traceback, or a message alone.
        folder: Where the files were looked at, without a slash at the end; it becomes `dags`.
    """
    kept: list[str] = []
    skipping = False
    for line in text.strip().splitlines():
        if frame := FRAME.match(line):
            skipping = not frame["path"].startswith(f"{folder}/")
        elif skipping and not line.startswith("    "):
            skipping = False
        if not skipping and not line.startswith("Traceback (most recent call last)"):
            kept.append(line)
    return "\n".join(kept).replace(f"{folder}/", "dags/")[-LONGEST:]


def findings(errors: Mapping[str, str], folder: str) -> list[Finding]:
    """Airflow's import errors (path, absolute or below the folder -> traceback), in the order of their files."""
    found: list[Finding] = []
    for path, text in sorted(errors.items()):
        name = path.removeprefix(f"{folder}/")
        found.append({"file": f"dags/{name}", "error": shorten(text, folder)})
    return found
