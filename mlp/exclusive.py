"""One `mlp up`, `down`, `purge` or `images` at a time: two would build and start the same things side by side."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from local import paths
from local.problem import Problem


@contextmanager
def only_one(command: str) -> Iterator[None]:
    """Hold the lock of this platform. The kernel lets go of it when the process ends, however it ends.

    Raises:
        Problem: Another one holds it; says which.
    """
    paths.home().mkdir(mode=0o700, parents=True, exist_ok=True)
    # Append mode: whoever waits must not wipe the holder's name.
    with (paths.home() / "mlp.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Problem(
                f"`mlp {command}` can't run now: {file.read().strip() or 'another mlp command'} is at work",
                "wait until it has ended",
            ) from None
        file.seek(0)
        file.truncate()
        file.write(f"`mlp {command}` (process {os.getpid()})\n")
        file.flush()
        yield
