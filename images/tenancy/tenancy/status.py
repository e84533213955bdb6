"""From what was done for a Tenant to what its status says, and to when it is tried again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .conditions import READY, Outcome, merged, overall
from .tenant import Tenant

LONGEST = 15
"""Seconds between tries at most: a tool that is back is used again soon."""


def after_giving(tenant: Tenant, before: Mapping[str, Any], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The status once a Tenant was given what could be. Its rotation counts when all tools took it."""
    whole = overall(outcomes, "Given")
    found = {"conditions": merged(before.get("conditions", []), [whole, *outcomes], tenant.generation)}
    return {**found, "rotation": tenant.rotation} if whole.done else found


def after_taking(tenant: Tenant, before: Mapping[str, Any], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The status while a Tenant goes."""
    whole = overall(outcomes, "Removed")
    return {"conditions": merged(before.get("conditions", []), [whole, *outcomes], tenant.generation)}


def not_allowed(tenant: Tenant, before: Mapping[str, Any]) -> dict[str, Any]:
    """The status of a Tenant that gets nothing, whatever it asks for."""
    message = (
        f"Tenant {tenant.name} in namespace {tenant.namespace}: its name must be that of the namespace, "
        "and be team-<2 to 30 of a-z, 0-9 and '-'>"
    )
    refused = Outcome(READY, False, False, "NameNotAllowed", message)
    return {"conditions": merged(before.get("conditions", []), [refused], tenant.generation)}


def is_new(status: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether a status says anything that the one before didn't."""
    return any(before.get(key) != value for key, value in status.items())


def delay(retry: int) -> int:
    """Seconds until the next try: longer each time."""
    return int(min(2**retry, LONGEST))
