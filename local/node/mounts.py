"""Mounts below our own folders: found and undone."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path

from local.node.shell import succeeds


def below(folders: Sequence[Path], mountinfo: str) -> list[Path]:
    """Mount points in or below folders, the last mounted first, from the text of /proc/self/mountinfo."""
    points = [Path(_unescape(line.split()[4])) for line in mountinfo.splitlines() if line.strip()]
    return [point for point in reversed(points) if any(point.is_relative_to(folder) for folder in folders)]


def undo(folders: Sequence[Path], timeout: float = 20) -> list[Path]:
    """Unmount all below folders. Returns what couldn't be unmounted."""
    limit = time.monotonic() + timeout
    while left := below(folders, Path("/proc/self/mountinfo").read_text()):
        for point in left:
            if not succeeds(["umount", point]) and time.monotonic() > limit - timeout / 2:
                # Something still holds it: take it out of the tree now, the kernel ends it with its last user.
                succeeds(["umount", "--lazy", point])
        if time.monotonic() > limit:
            break
    return left


def _unescape(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal.group(1), 8)), text)
