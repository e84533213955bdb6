"""How much disk a run takes: watched while it runs, since build caches come and go."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path
from types import TracebackType

from local import paths

SECONDS = 1.0


class Watch:
    """Watches the file system of the caches from `__enter__` to `__exit__`."""

    def __init__(self) -> None:
        self.start = self.peak = _used()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._over.wait(SECONDS):
            self.peak = max(self.peak, _used())

    def __enter__(self) -> Watch:
        """Start to watch."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop to watch."""
        self._over.set()
        self._thread.join()

    @property
    def grown(self) -> int:
        """Bytes by which the file system was fuller at its fullest than at the start."""
        return self.peak - self.start


def _used() -> int:
    there = next(path for path in (paths.cache(), *paths.cache().parents) if path.exists())
    seen = os.statvfs(there)
    return (seen.f_blocks - seen.f_bfree) * seen.f_frsize


def size_of(folder: Path) -> int:
    """Bytes that a folder takes on disk, mounted file systems in it left out; 0 if there is none."""
    if not folder.is_dir():
        return 0
    # `du` counts hard links once and survives files that go while it looks.
    done = subprocess.run(["du", "-sxk", folder], capture_output=True, text=True, check=False)
    return int(done.stdout.split()[0]) * 1024 if done.stdout else 0
