"""What becomes of versions: which one is tried, and whether it takes over or goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from . import pods, rollout
from .candidate import Candidate
from .gate import Gate, Split
from .revision import mark_of
from .rollout import Step
from .state import CANARY, PROMOTING, STARTING, Rejected, State, Version, stamp
from .view import View
from .wanted import Package, Wanted

AGAIN = Step("switch", "Passed", "it had been found good before the controller started anew")


class Deciding:
    """The state of one service, and how it changes."""

    def __init__(self, status: Mapping[str, Any], view: View, gate: Gate) -> None:
        """As the status of the object says."""
        self.state = State.read(status)
        self.candidate = Candidate()
        self._view, self._gate = view, gate

    def split(self, want: Wanted) -> Split:
        """Which revisions answer."""
        stable, candidate = self.state.stable, self.state.candidate
        if stable and candidate and candidate.phase in (CANARY, PROMOTING):
            return Split(stable.mark, candidate.mark, want.canary.weight)
        return Split(stable.mark if stable else "")

    def aim(self, want: Wanted, package: Package | None) -> None:
        """A new version becomes the candidate; one that isn't wanted any more goes."""
        if package is None:
            return
        state, mark = self.state, mark_of(want, package)
        stable, candidate, rejected = state.stable, state.candidate, state.rejected
        if stable and stable.mark == mark:
            if candidate:
                state = state.tried(candidate, "rolled-back", "Withdrawn", "the version before was asked for again", {})
            state = replace(state, candidate=None, stable=replace(stable, package=package), rejected=None)
        elif rejected and (rejected.mark, rejected.package) == (mark, package.mark):
            return
        elif candidate is None or candidate.mark != mark:
            if candidate:
                state = state.tried(candidate, "rolled-back", "Superseded", "another version was packed", {})
            state = replace(state, candidate=Version(mark, package, stamp(), STARTING))
            self.candidate = Candidate()
        self.state = state

    def go_on(self, want: Wanted, goal: int) -> Step:
        """The next step of the candidate is taken; says which.

        Args:
            want: The spec.
            goal: Pods that it needs to take over.
        """
        candidate, stable = self.state.candidate, self.state.stable
        if candidate is None:
            return rollout.WAIT
        facts = self.candidate.facts(
            candidate.phase,
            [pod for pod in self._view.pods() if pod.revision == candidate.mark],
            len(self._view.ready(candidate.mark)),
            pods.refused(self._view.deployment(candidate.mark)),
            first=stable is None,
        )
        if stable and candidate.phase == CANARY:
            old, new = self._gate.meter(stable.mark).figures(), self._gate.meter(candidate.mark).figures()
            facts = replace(facts, stable=old, candidate=new)
        step = rollout.step(want.canary, replace(facts, goal=goal))
        if step.what != "wait":
            self.state = self._after(step, candidate, stable)
        return step

    def _after(self, step: Step, candidate: Version, stable: Version | None) -> State:
        if step.what in ("canary", "promote"):
            self.candidate.phase(step)
            if step.what == "canary":
                self._gate.meters.clear()
            phase = CANARY if step.what == "canary" else PROMOTING
            return replace(self.state, candidate=replace(candidate, phase=phase, since=stamp()))
        figures = self._figures(stable, candidate)
        if step.what == "switch":
            told = step if step.reason else self.candidate.promoted or AGAIN
            state = self.state.tried(candidate, "promoted", told.reason, told.message, figures)
            return replace(state, stable=replace(candidate, phase="", since=stamp()), candidate=None, rejected=None)
        rejected = Rejected(candidate.mark, candidate.package.mark, step.reason, step.message)
        state = self.state.tried(candidate, "rolled-back", step.reason, step.message, figures)
        return replace(state, candidate=None, rejected=rejected)

    def _figures(self, stable: Version | None, candidate: Version) -> dict[str, object]:
        new = self._gate.meter(candidate.mark).figures()
        old = self._gate.meter(stable.mark).figures() if stable else None
        found: dict[str, object] = {"requests": new.requests, "errors": new.errors}
        if new.p95:
            found["p95"] = round(new.p95, 4)
        if old and old.p95:
            found["stableP95"] = round(old.p95, 4)
        return found
