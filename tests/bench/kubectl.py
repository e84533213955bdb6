"""The objects of a stack, applied and awaited with kubectl: the measure for what the engine costs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.support.cluster import Cluster

SECRET = "4dabf18193072939515e22adb298388d"
"""The key by which Pulumi marks a value in its state as something special: here always a secret."""
WAIT = "300s"
AWAITED = {
    "Deployment": ("rollout", "status"),
    "StatefulSet": ("rollout", "status"),
    "DaemonSet": ("rollout", "status"),
    "Job": ("wait", "--for=condition=Complete"),
    "Ingress": ("wait", "--for=jsonpath={.status.loadBalancer.ingress}"),
}
"""How kubectl waits for a kind, without resource and namespace."""


@dataclass(frozen=True)
class Wave:
    """Objects that can be applied at once, as nothing of what they need has to become ready first."""

    objects: list[dict[str, Any]] = field(default_factory=list)


def waves(resources: list[dict[str, Any]]) -> list[Wave]:
    """The Kubernetes objects of a state (`pulumi stack export --show-secrets`), in waves, each in the state's order."""
    by_urn = {resource["urn"]: resource for resource in resources}
    number: dict[str, int] = {}
    found: list[Wave] = []
    for resource in resources:
        if not resource["type"].startswith("kubernetes:"):
            continue
        manifest = plain({key: value for key, value in resource["inputs"].items() if not key.startswith("__")})
        wave = max((number[urn] for urn in needed_by(resource, by_urn) if urn in number), default=0)
        # What comes after something that is awaited goes into the next wave.
        number[resource["urn"]] = wave + 1 if manifest["kind"] in AWAITED else wave
        while len(found) <= wave:
            found.append(Wave())
        found[wave].objects.append(manifest)
    return found


def needed_by(resource: dict[str, Any], by_urn: dict[str, dict[str, Any]]) -> list[str]:
    """What a resource depends on: its own dependencies and those of the components that it is in."""
    needed: list[str] = []
    current: dict[str, Any] | None = resource
    while current is not None:
        needed += current.get("dependencies") or []
        current = by_urn.get(current.get("parent", ""))
    return needed


def plain(value: Any) -> Any:
    """A value of the state without its marks of secrets."""
    if isinstance(value, dict):
        if SECRET in value:
            return plain(json.loads(value["plaintext"]))
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def apply(cluster: Cluster, stack: list[Wave]) -> None:
    """Apply wave after wave and wait for each."""
    for wave in stack:
        cluster.kubectl("apply", "--server-side", "-f", "-", given=as_list(wave.objects), seconds=60)
        for manifest in wave.objects:
            if (how := AWAITED.get(manifest["kind"])) is not None:
                cluster.kubectl(*how, *named(manifest), f"--timeout={WAIT}", seconds=320)


def delete(cluster: Cluster, stack: list[Wave]) -> None:
    """Delete all that was applied, and wait until it is gone."""
    objects = [manifest for wave in stack for manifest in wave.objects]
    cluster.kubectl("delete", "--ignore-not-found", "-f", "-", given=as_list(objects[::-1]), seconds=320)


def as_list(objects: list[dict[str, Any]]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})


def named(manifest: dict[str, Any]) -> tuple[str, ...]:
    metadata = manifest["metadata"]
    return (f"{manifest['kind'].lower()}/{metadata['name']}", "-n", metadata.get("namespace", "default"))
