"""The highest rate that something holds: a search by steps."""

from __future__ import annotations

from collections.abc import Callable

FINE = 1.06
"""Neighbouring rates of the search: a result is within so much of the real one."""
LOWEST = 1.0

Holds = Callable[[float], bool]
"""Tries a rate."""


def highest(holds: Holds, start: float) -> float:
    """The highest rate found that is held; 0 if none is.

    Doubles or halves from `start` on, then narrows down between the last that was held and the first that wasn't.
    """
    low, high = 0.0, 0.0
    rate = start
    while not (low and high) and rate >= LOWEST:
        if holds(rate):
            low, rate = rate, rate * 2
        else:
            high, rate = rate, rate / 2
    while low and high / low > FINE:
        middle = (low * high) ** 0.5
        if holds(middle):
            low = middle
        else:
            high = middle
    return low


def higher(holds: Holds, best: float) -> float:
    """A later round: whether more is possible than the best so far, and if so how much; else the best again.

    What disturbs a step can only make it worse, so the best of several rounds is the nearest to the truth.
    """
    return highest(holds, best * FINE) if holds(best * FINE) else best
