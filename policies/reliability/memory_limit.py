"""One container that leaks is ended, not its neighbours."""

from __future__ import annotations

from collections.abc import Iterator

from policies import pods
from policies.resource import Resource
from policies.rule import Rule, Severity


def _check(resource: Resource) -> Iterator[str]:
    for container in pods.containers(resource):
        if not ((container.spec.get("resources") or {}).get("limits") or {}).get("memory"):
            yield f"{container.title} may take all memory of its node"


RULE = Rule(
    "reliability-memory-limit",
    "Containers have a limit of memory.",
    Severity.HIGH,
    "set resources.limits.memory",
    _check,
    "quota and limit range, in teams' namespaces",
)
