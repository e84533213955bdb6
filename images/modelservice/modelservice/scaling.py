"""How many pods a service is to have. Pure: what was seen in, a number out."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

QUICK_SECONDS = 3.0
"""More pods: by the mean of so long, so that a step is answered at once and a hiccup isn't."""
SLOW_SECONDS = 30.0
"""Fewer pods: only what would have done for so long."""
TOLERANCE = 0.1
"""A pod may have so much of its share more before another is asked for: numbers waver."""
PARTING_SECONDS = 8.0
"""What the last pod needs to go, after its requests were led elsewhere."""


@dataclass(frozen=True)
class Bounds:
    """What the spec says."""

    least: int
    most: int
    concurrency: float
    idle_seconds: float

    @property
    def parting_after(self) -> float:
        """Seconds without a request after which the last pod begins to go, to be gone by the idle time."""
        return self.idle_seconds - min(PARTING_SECONDS, self.idle_seconds / 2)


@dataclass
class Load:
    """What was seen of a service's requests."""

    active: float
    """When there was a request last."""
    seen: deque[tuple[float, float]] = field(default_factory=deque)
    """When, and requests in flight then."""
    enough: deque[tuple[float, int]] = field(default_factory=deque)
    """When, and how many pods would have done."""

    def observe(self, now: float, in_flight: float, *, asked: bool) -> None:
        """Remember the mean of requests in flight since the last time, and whether there was any."""
        self.seen.append((now, in_flight))
        while self.seen[0][0] < now - QUICK_SECONDS:
            self.seen.popleft()
        if asked or in_flight > 0:
            self.active = now

    def mean(self) -> float:
        """Requests in flight lately."""
        return sum(value for _, value in self.seen) / len(self.seen) if self.seen else 0.0


def wanted(load: Load, bounds: Bounds, current: int, waiting: int, now: float) -> int:
    """The number of pods.

    Args:
        load: What was seen.
        bounds: What the spec says.
        current: How many there are to be now.
        waiting: Requests that no pod has taken yet.
        now: The time, of the clock that `load` was told.
    """
    if waiting:
        load.active = now
    per_pod = (load.mean() + waiting) / bounds.concurrency
    enough = max(math.ceil(per_pod - TOLERANCE), 1 if waiting else 0)
    load.enough.append((now, enough))
    while load.enough[0][0] < now - SLOW_SECONDS:
        load.enough.popleft()
    chosen = enough if enough > current else min(current, max(count for _, count in load.enough))
    if current > 0 and now - load.active >= bounds.parting_after:
        chosen = 0
    elif current > 0 and chosen < 1:
        chosen = 1
    return max(bounds.least, min(bounds.most, chosen))
