"""Who answers is asked only when it can."""

from __future__ import annotations

from collections.abc import Iterator

from policies import pods
from policies.resource import Resource
from policies.rule import Rule, Severity

SERVING = ("Deployment", "StatefulSet", "DaemonSet")


def _check(resource: Resource) -> Iterator[str]:
    if resource.kind not in SERVING:
        return
    for container in pods.containers(resource):
        if container.list == "containers" and container.spec.get("ports") and not container.spec.get("readinessProbe"):
            yield f"{container.title} has ports and doesn't say when it is ready"


RULE = Rule(
    "reliability-readiness",
    "Containers with ports say when they are ready.",
    Severity.HIGH,
    "add a readinessProbe that asks what its users ask",
    _check,
)
