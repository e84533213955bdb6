"""What a pushed tree may hold: files and folders of its own, no more than fits, no way out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from . import limits
from .limits import MIB

LINK = "120000"
SUBMODULE = "160000"
LONGEST_LINK = 4096


@dataclass(frozen=True)
class Entry:
    """One line of `git ls-tree -r -l`."""

    mode: str
    object: str
    size: int
    path: str


def entries(listing: bytes) -> list[Entry]:
    """Of what `git ls-tree -r -l -z` says."""
    found = []
    for line in listing.split(b"\0"):
        if line:
            facts, _, path = line.partition(b"\t")
            mode, _, name, size = facts.decode().split()
            found.append(Entry(mode, name, 0 if size == "-" else int(size), path.decode(errors="backslashreplace")))
    return found


def leaves(path: str, target: str) -> bool:
    """Whether a link at this path leads out of the tree, or might through other links.

    The folder of a link is a real one, so going up from it goes where it seems to. After a name, which may be a link
    itself, it might not: `..` may only come first.
    """
    parts = [part for part in target.split("/") if part not in ("", ".")]
    up = 0
    while up < len(parts) and parts[up] == "..":
        up += 1
    return target.startswith("/") or up > len(PurePosixPath(path).parent.parts) or ".." in parts[up:]


def faults(found: Iterable[Entry], most: int, target_of: Callable[[Entry], str]) -> list[str]:
    """What is wrong with a tree, in words.

    Args:
        found: All of it.
        most: Bytes of all files together.
        target_of: Where a link leads.
    """
    found = list(found)
    if len(found) > limits.FILES:
        return [f"{len(found)} files: at most {limits.FILES} are taken"]
    if (size := sum(entry.size for entry in found)) > most:
        return [f"{size / MIB:.0f} MiB of files: at most {most // MIB} MiB are taken; put data into the team's bucket"]
    said = []
    for entry in found:
        if {part.lower() for part in entry.path.split("/")} & {"", ".", "..", ".git"}:
            said.append(f"{entry.path}: no file can have this name")
        elif entry.mode == SUBMODULE:
            said.append(f"{entry.path}: a submodule, which nobody fetches; put its files here")
        elif entry.mode == LINK and (entry.size > LONGEST_LINK or leaves(entry.path, target_of(entry))):
            said.append(f"{entry.path}: a symbolic link out of the repository, or one with '..' after a name")
    return said
