"""What the processes of this machine show to everybody: their arguments; and to their owner: their environment."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

SECONDS = 0.1


def files(name: str) -> Iterator[tuple[str, bytes]]:
    """A file of each process under /proc, by its path."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            yield str(folder / name), (folder / name).read_bytes()
        except OSError:
            continue  # it ended meanwhile


def in_container(path: str) -> bool:
    """Whether a process, given by a file of it, belongs to a pod."""
    try:
        return "kubepods" in (Path(path).parent / "cgroup").read_text()
    except OSError:
        return True


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and that nobody has taken notice of doesn't."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def hurry(pid: int) -> None:
    """Give a process that runs when nothing else does (`Beside`'s idle work) the time that others get.

    What it still does can be measured then.
    """
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            if os.sched_getscheduler(int(task.name)) == os.SCHED_IDLE:
                os.sched_setscheduler(int(task.name), os.SCHED_OTHER, os.sched_param(0))
        except ProcessLookupError:
            continue  # it ended meanwhile


class Watch:
    """Collects the arguments of all processes, short-lived ones too, while its context lasts."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(SECONDS):
            self.seen.update(arguments for _, arguments in files("cmdline"))
