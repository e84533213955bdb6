"""Whether a new version is as good as the one that serves. Pure: figures in, verdict out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from .meter import Figures
from .wanted import Canary

ENOUGH = 20
"""Answers of each version that a judgement of latencies takes at least."""
FEWEST = 3
"""The same where even after a longer time there are no more."""
MANY = 100
"""Answers of each version from which the 95th percentile says something of its own."""
FEW = 2
"""Errors that a judgement before the end takes at least: one alone may have been the network's."""
NOISE = 0.005
"""Seconds by which a version must be slower to be called so: less is the machine's."""
LONGER = 2
"""Times its seconds that a canary lasts at most while there are too few answers to judge latencies by."""
EARLY = 1 / 3
"""Share of the time after which a version may be called slow before its end."""


@dataclass(frozen=True)
class Verdict:
    """What becomes of the new version, and why."""

    what: Literal["wait", "promote", "roll back"]
    reason: str = ""
    message: str = ""


WAIT = Verdict("wait")


def judge(rule: Canary, elapsed: float, stable: Figures, candidate: Figures) -> Verdict:
    """Judge after so many seconds.

    Errors count at once. A version is slow when half of its answers are too far from stable's; of many answers the
    95th percentile says so too, at the end. Of few it is one or two answers, which any burst of work on the machine
    delays.
    """
    ended = elapsed >= rule.seconds
    excess = candidate.error_percent - stable.error_percent
    if excess > rule.max_error_percent and (candidate.errors >= FEW or ended):
        return Verdict(
            "roll back",
            "Errors",
            f"{candidate.errors} of {candidate.requests} answers were errors ({candidate.error_percent:.1f} %, "
            f"{stable.error_percent:.1f} % with the version before, {rule.max_error_percent:g} % more are allowed); "
            f"the last: {candidate.reason}",
        )
    slow = _slow(rule, stable, candidate, ended=ended, least=FEWEST if elapsed >= rule.seconds * LONGER else ENOUGH)
    if slow and elapsed >= rule.seconds * EARLY:
        return Verdict("roll back", "Slow", slow)
    if not ended or (_few(stable, candidate) and elapsed < rule.seconds * LONGER):
        return WAIT
    if candidate.requests == 0:
        return Verdict("promote", "Ready", "it predicts its example; nobody asked it anything else")
    p95 = f", 95 of 100 in {1000 * candidate.p95:.0f} ms" if candidate.p95 else ""
    before = f" ({1000 * stable.p95:.0f} ms with the version before)" if p95 and stable.p95 else ""
    return Verdict(
        "promote",
        "Passed",
        f"{candidate.requests} answers, {candidate.errors} errors{p95}{before}",
    )


def _few(stable: Figures, candidate: Figures) -> bool:
    """Whether latencies can't be judged yet, but may be: where nobody asks and there's no example, they never are."""
    timed = [figures.timed for figures in (stable, candidate)]
    return max(timed) > 0 and min(timed) < ENOUGH


def _slow(rule: Canary, stable: Figures, candidate: Figures, *, ended: bool, least: int) -> str:
    answers = min(stable.timed, candidate.timed)
    if answers < least:
        return ""
    if _slower(rule, stable.p50, candidate.p50):
        share, old, new = "half of the answers", stable.p50, candidate.p50
    elif ended and answers >= MANY and _slower(rule, stable.p95, candidate.p95):
        share, old, new = "95 of 100 answers", stable.p95, candidate.p95
    else:
        return ""
    return (
        f"{share} took up to {1000 * new:.0f} ms, {1000 * old:.0f} ms with the version before; "
        f"{rule.max_latency_ratio:g} times as long is allowed"
    )


def _slower(rule: Canary, stable: float, candidate: float) -> bool:
    return candidate > stable * rule.max_latency_ratio and candidate > stable + NOISE


def probes(elapsed: float, rule: Canary, figures: Figures) -> int:
    """How many requests of the controller's own a version gets in this second, for figures enough at the end.

    Spread over the first two thirds of the time, so that what goes wrong late is seen by real requests or never.
    """
    if figures.requests >= ENOUGH:
        return 0
    left = max(1.0, rule.seconds * 2 / 3 - elapsed)
    return min(ENOUGH // 2, max(1, math.ceil((ENOUGH - figures.requests) / left)))
