"""How often one may be wrong: guesses at passwords are slowed down, before anything is compared."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

MOST_KEYS = 10_000
"""So many are remembered: a stranger can't fill the memory with names."""


@dataclass
class Limit:
    """At most `most` failures of one key within `seconds`."""

    most: int
    seconds: float
    now: Callable[[], float] = time.monotonic
    _failures: dict[str, deque[float]] = field(default_factory=dict)

    def wait(self, key: str) -> int:
        """Seconds until the key may try again; 0 if now."""
        failures = self._recent(key)
        return 0 if len(failures) < self.most else max(1, round(failures[0] + self.seconds - self.now()))

    def failed(self, key: str) -> None:
        """Note a failure."""
        if key not in self._failures and len(self._failures) >= MOST_KEYS:
            # The one that failed first is the first to be forgotten.
            self._failures.pop(next(iter(self._failures)))
        self._failures.setdefault(key, deque(maxlen=self.most)).append(self.now())

    def succeeded(self, key: str) -> None:
        """Forget what was wrong before."""
        self._failures.pop(key, None)

    def _recent(self, key: str) -> deque[float]:
        failures = self._failures.get(key)
        if failures is None:
            return deque()
        while failures and failures[0] <= self.now() - self.seconds:
            failures.popleft()
        if not failures:
            self._failures.pop(key)
        return failures
