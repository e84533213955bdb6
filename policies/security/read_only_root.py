"""What an attacker could write into a container, they could run there."""

from __future__ import annotations

from collections.abc import Iterator

from policies import pods
from policies.resource import Resource
from policies.rule import Rule, Severity


def _check(resource: Resource) -> Iterator[str]:
    for container in pods.containers(resource):
        if container.security.get("readOnlyRootFilesystem") is not True:
            yield f"{container.title} can write into its image"


RULE = Rule(
    "security-read-only-root",
    "Containers write to volumes only.",
    Severity.HIGH,
    "set readOnlyRootFilesystem: true in its securityContext, and mount an emptyDir where it has to write",
    _check,
)
