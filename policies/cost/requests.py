"""The scheduler, quotas and bills know what a container takes."""

from __future__ import annotations

from collections.abc import Iterator

from policies import pods
from policies.resource import Resource
from policies.rule import Rule, Severity

ASKED = ("cpu", "memory")


def _check(resource: Resource) -> Iterator[str]:
    for container in pods.containers(resource):
        requests = (container.spec.get("resources") or {}).get("requests") or {}
        if missing := [name for name in ASKED if not requests.get(name)]:
            yield f"{container.title} doesn't say how much {' and '.join(missing)} it needs"


RULE = Rule(
    "cost-requests",
    "Containers say what they need of processor and memory.",
    Severity.MEDIUM,
    "set resources.requests.cpu and resources.requests.memory",
    _check,
    "quota and limit range, in teams' namespaces",
)
