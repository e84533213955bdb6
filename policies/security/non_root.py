"""No container runs as root."""

from __future__ import annotations

from collections.abc import Iterator

from policies import pods
from policies.resource import Resource
from policies.rule import Rule, Severity


def _check(resource: Resource) -> Iterator[str]:
    for container in pods.containers(resource):
        if container.secured("runAsNonRoot") is not True:
            yield f"{container.title} may run as root"
        if container.secured("runAsUser") == 0:
            yield f"{container.title} runs as user 0"


RULE = Rule(
    "security-non-root",
    "Containers run as a user that isn't root.",
    Severity.CRITICAL,
    "set runAsNonRoot: true in the securityContext of the pod or the container, and a runAsUser other than 0",
    _check,
    "pod security, restricted",
)
