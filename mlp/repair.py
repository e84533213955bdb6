"""After a killed engine: what it was creating is taken into the state, so that nothing lives outside of it.

The engine notes each create before it asks the provider, and keeps the note if it is killed. Nothing clears it without
a terminal: `refresh --clear-pending-creates` drops it, which would leak an object that was made, and
`--import-pending-creates` of 3.246 changes nothing on a file backend. So the note becomes a resource here, and a
refresh drops those whose object isn't there after all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CREATING = "creating"
PROVIDER_PREFIX = "pulumi:providers:"


@dataclass(frozen=True)
class Repaired:
    """A deployment (as `pulumi stack export` gives it) without notes of interrupted creates."""

    deployment: dict[str, Any]
    adopted: tuple[str, ...]
    """URNs that are resources now and need a refresh."""
    dropped: tuple[str, ...]
    """URNs whose note was removed, as no object can have come of it."""


def identity(resource: dict[str, Any]) -> str | None:
    """The id that the Kubernetes provider gives an object, `namespace/name` or `name`; None for other types."""
    if not str(resource.get("type", "")).startswith("kubernetes:"):
        return None
    metadata = (resource.get("inputs") or {}).get("metadata") or {}
    if not (name := metadata.get("name")):
        return None
    return f"{space}/{name}" if (space := metadata.get("namespace")) else str(name)


def repair(deployment: Mapping[str, Any]) -> Repaired:
    """Turn notes of interrupted creates into resources. Pure; other notes stay, as a refresh clears those."""
    resources: list[dict[str, Any]] = [dict(one) for one in deployment.get("resources") or []]
    notes = deployment.get("pending_operations") or []
    # A note can be there twice after two kills; the later one has the later inputs.
    creates = {note["resource"]["urn"]: note["resource"] for note in notes if note["type"] == CREATING}
    adopted, dropped = [], []
    for urn, resource in creates.items():
        known = {(one["urn"], one.get("id")) for one in resources}
        provider = _provider_of(resource, resources)
        name = identity(resource)
        if name is None or provider is None or (urn, name) in known:
            dropped.append(urn)
            continue
        entry = {**resource, "id": name, "provider": provider, "outputs": resource.get("inputs", {})}
        if any(one["urn"] == urn and not one.get("delete") for one in resources):
            # It was to replace the one with that URN, which still stands: the next `up` deletes this and decides anew.
            entry["delete"] = True
        resources.append(entry)
        adopted.append(urn)
    rest = [note for note in notes if note["type"] != CREATING]
    repaired = {**deployment, "resources": resources, "pending_operations": rest}
    return Repaired(repaired, tuple(adopted), tuple(dropped))


def _provider_of(resource: dict[str, Any], resources: list[dict[str, Any]]) -> str | None:
    """The reference to the resource's provider as it is in the state now (its id may have changed), if it is there."""
    urn = str(resource.get("provider", "")).rpartition("::")[0]
    for one in resources:
        if one["urn"] == urn and one["type"].startswith(PROVIDER_PREFIX):
            return f"{urn}::{one['id']}"
    return None
