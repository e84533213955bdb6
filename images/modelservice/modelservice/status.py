"""What a ModelService is told of itself: a phase for people, conditions for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .state import STARTING, State, stamp
from .wanted import Package, RefusedError, Wanted

READY, ROLLED_OUT = "Ready", "RolledOut"


@dataclass(frozen=True)
class Seen:
    """What is there now."""

    ready: int
    """Pods of stable that predict."""
    size: int
    """Pods that stable is to have."""
    trouble: tuple[str, str] | None
    """What keeps pods from coming."""
    refused: RefusedError | None
    """What isn't done at all."""
    held: tuple[str, str] | None = None
    """What keeps pods of a new version from coming."""


@dataclass(frozen=True)
class Condition:
    """One thing, and whether it is so."""

    kind: str
    true: bool
    reason: str
    message: str


def phase(state: State, seen: Seen) -> str:
    """In one word."""
    if state.candidate:
        return state.candidate.phase
    if state.stable is None:
        return "Failed" if state.rejected else "NoPackage"
    if seen.ready:
        return "Ready"
    return "Idle" if seen.size == 0 else STARTING


def conditions(wanted: Wanted, state: State, package: Package | None, seen: Seen) -> list[Condition]:
    """Whether it answers, and whether what was packed last is what answers."""
    return [_ready(wanted, state, seen), _rolled_out(wanted, state, package, seen)]


def how_to_pack(wanted: Wanted) -> str:
    """What somebody has to do who sees a service without a package."""
    return f"nothing is packed; fix: run `mlp model package {wanted.name} --team {wanted.team}`"


def closed(wanted: Wanted, state: State, refused: RefusedError | None) -> str:
    """Why nobody needs to wait for a pod; empty if one will come."""
    if state.stable or state.candidate:
        return ""
    if refused:
        return str(refused)
    if state.rejected:
        return f"no version works: {state.rejected.reason}: {state.rejected.message}"
    return how_to_pack(wanted)


def _ready(wanted: Wanted, state: State, seen: Seen) -> Condition:
    if state.stable is None:
        if seen.refused and not state.candidate:
            return Condition(READY, False, seen.refused.reason, str(seen.refused))
        if state.candidate:
            if seen.trouble:
                return Condition(READY, False, *seen.trouble)
            return Condition(READY, False, STARTING, f"version {state.candidate.package.version} starts")
        if state.rejected:
            return Condition(READY, False, "RolledBack", f"{state.rejected.reason}: {state.rejected.message}")
        return Condition(READY, False, "NoPackage", how_to_pack(wanted))
    version = state.stable.package.version
    if seen.ready:
        short = f"; {seen.trouble[0]}: {seen.trouble[1]}" if seen.trouble and seen.ready < seen.size else ""
        return Condition(
            READY, True, "Serving", f"version {version} answers from {seen.ready} of {seen.size} pods{short}"
        )
    if seen.size == 0:
        return Condition(READY, True, "Idle", f"version {version} starts at the first request")
    if seen.trouble:
        return Condition(READY, False, *seen.trouble)
    return Condition(READY, False, STARTING, f"a pod of version {version} starts")


def _rolled_out(wanted: Wanted, state: State, package: Package | None, seen: Seen) -> Condition:
    if seen.refused:
        return Condition(ROLLED_OUT, False, seen.refused.reason, str(seen.refused))
    if package is None:
        return Condition(ROLLED_OUT, False, "NoPackage", how_to_pack(wanted))
    if state.candidate:
        held = f"; {seen.held[0]}: {seen.held[1]}" if seen.held else ""
        said = f"version {state.candidate.package.version} is being tried{held}"
        return Condition(ROLLED_OUT, False, state.candidate.phase, said)
    if state.rejected and state.rejected.package == package.mark:
        return Condition(ROLLED_OUT, False, state.rejected.reason, state.rejected.message)
    version = state.stable.package.version if state.stable else ""
    return Condition(ROLLED_OUT, True, "Promoted", f"version {version} serves")


def written(
    wanted_now: Sequence[Condition], before: Sequence[Mapping[str, Any]], generation: int
) -> list[dict[str, Any]]:
    """Conditions as in the status; since when is kept while they stay as they are."""
    known = {found.get("type"): found for found in before}
    written = []
    for condition in wanted_now:
        status = "True" if condition.true else "False"
        old = known.get(condition.kind) or {}
        same = old.get("status") == status and old.get("lastTransitionTime")
        written.append(
            {
                "type": condition.kind,
                "status": status,
                "reason": condition.reason,
                "message": condition.message[:1024],
                "observedGeneration": generation,
                "lastTransitionTime": old["lastTransitionTime"] if same else stamp(),
            }
        )
    return written
