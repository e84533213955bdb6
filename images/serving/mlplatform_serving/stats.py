"""How busy a pod is: what the controller scales by and judges versions by."""

from __future__ import annotations

import time
from collections.abc import Callable


class Stats:
    """Counts since the start. Time is summed request by request: two reads give the exact mean between them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = clock()
        self._busy = 0.0
        self.in_flight = self.requests = self.errors = 0
        self.latency = 0.0

    def begin(self) -> float:
        """A request is here; when."""
        now = self._advance()
        self.in_flight += 1
        return now

    def end(self, began: float, status: int) -> float:
        """It is answered, or its client is gone (499); seconds that it took."""
        now = self._advance()
        self.in_flight -= 1
        self.requests += 1
        self.errors += status >= 500
        self.latency += now - began
        return now - began

    def _advance(self) -> float:
        now = self._clock()
        self._busy += self.in_flight * (now - self._since)
        self._since = now
        return now

    def read(self) -> dict[str, float]:
        """The answer of /stats."""
        self._advance()
        return {
            "in_flight": self.in_flight,
            "busy_seconds": round(self._busy, 6),
            "requests": self.requests,
            "errors": self.errors,
            "latency_seconds_sum": round(self.latency, 6),
        }
