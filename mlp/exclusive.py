"""Who works on the platform now: one `mlp up`, `down`, `purge` or `images` alone, or several on one team each."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from local import paths
from local.problem import Problem

ALONE = "mlp.lock"
STACK = "mlp-{}.lock"
WAIT = "wait until it has ended"


@contextmanager
def only_one(command: str) -> Iterator[None]:
    """Hold the lock of this platform. The kernel lets go of it when the process ends, however it ends.

    Raises:
        Problem: Another command is at work; says which.
    """
    with ExitStack() as held:
        file = held.enter_context(_opened(ALONE))
        if not _taken(file, fcntl.LOCK_EX):
            # Those who work on a team hold it together, so it can't name them: the locks of stacks do.
            alone = not _taken(file, fcntl.LOCK_SH)
            holders = [_holder(paths.home() / ALONE)] if alone else _at_work()
            raise Problem(f"`mlp {command}` can't run now: {_listed(holders)} at work", WAIT)
        _sign(file, command)
        yield


@contextmanager
def on_stacks(command: str, stacks: Sequence[str]) -> Iterator[None]:
    """Hold the locks of these stacks; others may work on other stacks meanwhile.

    Raises:
        Problem: Another command works on one of them, or on the whole platform.
    """
    with ExitStack() as held:
        file = held.enter_context(_opened(ALONE))
        if not _taken(file, fcntl.LOCK_SH):
            raise Problem(f"`mlp {command}` can't run now: {_listed([_holder(paths.home() / ALONE)])} at work", WAIT)
        for stack in sorted(set(stacks)):
            one = held.enter_context(_opened(STACK.format(stack)))
            if not _taken(one, fcntl.LOCK_EX):
                holder = _holder(paths.home() / STACK.format(stack))
                raise Problem(f"`mlp {command}` can't run now: {_listed([holder])} at work on {stack}", WAIT)
            _sign(one, command)
        yield


def _opened(name: str) -> TextIO:
    paths.home().mkdir(mode=0o700, parents=True, exist_ok=True)
    # Append mode: whoever waits must not wipe the holder's name.
    return (paths.home() / name).open("a+")


def _taken(file: TextIO, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(file: TextIO, command: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(f"`mlp {command}` (process {os.getpid()})\n")
    file.flush()


def _holder(path: Path) -> str:
    return path.read_text().strip()


def _at_work() -> list[str]:
    """Who holds the lock of a stack now."""
    found = []
    for path in sorted(paths.home().glob(STACK.format("*"))):
        with path.open("a+") as file:
            if not _taken(file, fcntl.LOCK_SH):
                found.append(_holder(path))
    return list(dict.fromkeys(found))


def _listed(holders: Sequence[str]) -> str:
    named = [holder for holder in holders if holder] or ["another mlp command"]
    return f"{' and '.join(named)} {'is' if len(named) == 1 else 'are'}"
