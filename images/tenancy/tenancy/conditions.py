"""What a Tenant's status says: one condition a tool, and one over all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

READY = "Ready"
LENGTH = 1024
"""Of a message, as the schema has it."""


@dataclass(frozen=True)
class Outcome:
    """How one thing stands."""

    type: str
    """The condition's."""
    done: bool
    """Whether what was to be done is."""
    ready: bool
    """Whether the Tenant has it now."""
    reason: str
    message: str


def overall(outcomes: Sequence[Outcome], reason: str) -> Outcome:
    """How all of it stands; what isn't done is named, else `reason` says what is."""
    left = [outcome for outcome in outcomes if not outcome.done]
    message = "; ".join(dict.fromkeys(outcome.message for outcome in left or outcomes))
    ready = all(outcome.ready for outcome in outcomes)
    return Outcome(READY, not left, ready, left[0].reason if left else reason, message)


def merged(
    before: Sequence[Mapping[str, Any]], outcomes: Sequence[Outcome], generation: int, now: datetime | None = None
) -> list[dict[str, Any]]:
    """The conditions as they are now: those of other types stay, and times change where a status does."""
    old = {condition["type"]: dict(condition) for condition in before}
    stamp = (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for outcome in outcomes:
        status = "True" if outcome.ready else "False"
        last = old.get(outcome.type, {})
        old[outcome.type] = {
            "type": outcome.type,
            "status": status,
            "reason": outcome.reason,
            "message": outcome.message[:LENGTH],
            "observedGeneration": generation,
            "lastTransitionTime": last["lastTransitionTime"] if last.get("status") == status else stamp,
        }
    return list(old.values())
