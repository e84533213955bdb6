"""How far a new version is, and what comes next. Pure: facts in, a step out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from . import canary
from .meter import Figures
from .state import CANARY, PROMOTING, STARTING
from .wanted import Canary

CRASHES = 2
"""So often a container ends by itself before its version is given up: once may have been the node."""
UNREADY_SECONDS = 10.0
"""A new version that was ready and isn't any more is given up after so long."""
PROMOTE_SECONDS = 30.0
"""So long it may take to have as many pods as stable had; then it takes over with what it has."""

What = Literal["wait", "canary", "promote", "switch", "roll back"]


@dataclass(frozen=True)
class Facts:
    """Of a candidate."""

    phase: str
    first: bool
    """There is no stable one."""
    ready: int
    """Pods that predict."""
    crashes: int
    crash: str
    blocked: str
    """Why its pods can't start, which may pass."""
    elapsed: float
    """Seconds in this phase, without those in which it was blocked."""
    unready: float
    """Seconds since it was ready last."""
    goal: int = 1
    """Pods that it needs to take over."""
    stable: Figures = field(default_factory=Figures)
    candidate: Figures = field(default_factory=Figures)


@dataclass(frozen=True)
class Step:
    """What comes next, and why."""

    what: What
    reason: str = ""
    message: str = ""


WAIT = Step("wait")


def step(rule: Canary, facts: Facts) -> Step:
    """The next step of a candidate."""
    allowed = CRASHES if facts.phase == STARTING else 1
    if facts.crashes >= allowed:
        return Step("roll back", "Crashed", f"its container ended {facts.crashes} times; the last: {facts.crash}")
    if facts.phase == STARTING:
        return _starting(rule, facts)
    if facts.ready == 0 and facts.unready > UNREADY_SECONDS and not facts.blocked:
        return Step("roll back", "NotReady", f"it was ready and then wasn't for {facts.unready:.0f} s")
    if facts.phase == CANARY:
        verdict = canary.judge(rule, facts.elapsed, facts.stable, facts.candidate)
        if verdict.what == "wait":
            return WAIT
        return Step("roll back" if verdict.what == "roll back" else "promote", verdict.reason, verdict.message)
    if facts.phase == PROMOTING and facts.ready and (facts.ready >= facts.goal or facts.elapsed > PROMOTE_SECONDS):
        return Step("switch")
    return WAIT


def _starting(rule: Canary, facts: Facts) -> Step:
    if facts.ready:
        return Step("switch", "FirstVersion", "it predicts, and there was none before") if facts.first else CANARY_STEP
    if facts.elapsed > rule.start_seconds and not facts.blocked:
        ended = f"; its container ended once: {facts.crash}" if facts.crash else ""
        return Step(
            "roll back", "NotReady", f"it didn't predict within {rule.start_seconds:.0f} s of its pod's start{ended}"
        )
    return WAIT


CANARY_STEP = Step("canary")
