"""When requests are due, in seconds since the start: fixed before the first is sent, whatever the service does."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Iterable, Iterator

Schedule = Iterable[float]


def constant(rate: float, seconds: float = float("inf")) -> Iterator[float]:
    """So many a second, evenly; without an end if no seconds are given."""
    return itertools.takewhile(lambda at: at < seconds, (number / rate for number in itertools.count()))


def steps(*parts: tuple[float, float]) -> Iterator[float]:
    """One constant rate after the other: (rate, seconds) each."""
    start = 0.0
    for rate, seconds in parts:
        yield from (start + at for at in constant(rate, seconds))
        start += seconds


def bursts(rate: float, seconds: float, size: int, every: float) -> Iterator[float]:
    """A constant rate with `size` more at the same moment, `every` so many seconds, the first after one such pause."""
    whole = range(1, int(seconds / every) + 1)
    extra = (number * every for number in whole if number * every < seconds for _ in range(size))
    return sorted_merge(constant(rate, seconds), extra)


def chance(rate: float, seconds: float, seed: int = 1) -> Iterator[float]:
    """So many a second on average, each independent of the others (Poisson): as many people send them.

    Queues show at rates at which evenly spaced requests would never meet. The same seed makes the same schedule.
    """
    draw, at = random.Random(seed), 0.0
    while (at := at + draw.expovariate(rate)) < seconds:
        yield at


def sorted_merge(*schedules: Schedule) -> Iterator[float]:
    """All of them at once."""
    return heapq.merge(*schedules)
