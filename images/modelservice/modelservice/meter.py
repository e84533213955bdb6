"""How a revision answers: counted exactly, by whoever passes the requests on."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

KEPT = 4000
"""Latencies that are remembered, the latest."""


@dataclass(frozen=True)
class Figures:
    """What was counted."""

    requests: int = 0
    errors: int = 0
    p50: float = 0.0
    """Seconds that half of the right answers took at most; 0 if there is none."""
    p95: float = 0.0
    """The same of 95 of 100."""
    timed: int = 0
    """Answers that these are of, and requests that have been under way for longer than half of the answers took."""
    reason: str = ""
    """What the last error was."""

    @property
    def error_percent(self) -> float:
        """Of 100 answers."""
        return 100 * self.errors / self.requests if self.requests else 0.0


@dataclass
class Meter:
    """Counts since it was made."""

    requests: int = 0
    errors: int = 0
    reason: str = ""
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))
    _under_way: dict[object, float] = field(default_factory=dict)

    def begin(self) -> object:
        """A request goes to the revision; `right`, `wrong` or `lost` follows."""
        mark = object()
        self._under_way[mark] = time.monotonic()
        return mark

    def right(self, mark: object) -> None:
        """An answer that is none of the server's errors."""
        begun = self._under_way.pop(mark, None)
        if begun is not None:
            self.requests += 1
            self.latencies.append(time.monotonic() - begun)

    def lost(self, mark: object) -> None:
        """Nobody waits for the answer any more."""
        self._under_way.pop(mark, None)

    def wrong(self, mark: object, reason: str) -> None:
        """An answer 5xx, or none."""
        self._under_way.pop(mark, None)
        self.requests += 1
        self.errors += 1
        self.reason = reason[:200]

    def figures(self) -> Figures:
        """As they are now."""
        now = time.monotonic()
        half = quantile(sorted(self.latencies), 0.5)
        # What takes long already will have taken longer: else the slowest would say nothing of themselves.
        ages = [now - begun for begun in self._under_way.values() if now - begun > half]
        ordered = sorted([*self.latencies, *ages])
        return Figures(
            self.requests, self.errors, quantile(ordered, 0.5), quantile(ordered, 0.95), len(ordered), self.reason
        )


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value that so many are at most (nearest rank), of values in order; 0 of none."""
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1))]
