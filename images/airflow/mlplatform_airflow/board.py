"""Times that processes of the pod tell each other, in memory they share: who was last seen well."""

from __future__ import annotations

import mmap
import struct
import time
from collections.abc import Sequence

SLOT = struct.Struct("d")


class Board:
    """One time a name, of the clock `time.monotonic`, which is the same in all processes. 0 is never."""

    def __init__(self, names: Sequence[str]) -> None:
        self._offsets = {name: index * SLOT.size for index, name in enumerate(names)}
        self._memory = mmap.mmap(-1, max(mmap.PAGESIZE, len(names) * SLOT.size))

    def note(self, name: str, seen: float | None = None) -> None:
        """It was seen well, now or at that time."""
        SLOT.pack_into(self._memory, self._offsets[name], time.monotonic() if seen is None else seen)

    def seen(self, name: str) -> float:
        """When it was last seen well."""
        return float(SLOT.unpack_from(self._memory, self._offsets[name])[0])

    def age(self, name: str) -> float:
        """Seconds since it was last seen well."""
        return time.monotonic() - self.seen(name)
