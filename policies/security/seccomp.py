"""The kernel's less used doors stay shut."""

from __future__ import annotations

from collections.abc import Iterator

from policies import pods
from policies.resource import Resource
from policies.rule import Rule, Severity

PROFILES = ("RuntimeDefault", "Localhost")


def _check(resource: Resource) -> Iterator[str]:
    for container in pods.containers(resource):
        kind = (container.secured("seccompProfile") or {}).get("type")
        if kind not in PROFILES:
            yield f"{container.title} has seccomp profile {kind or 'none'}"


RULE = Rule(
    "security-seccomp",
    "Containers have a seccomp profile.",
    Severity.HIGH,
    "set seccompProfile: {type: RuntimeDefault} in the securityContext of the pod or the container",
    _check,
    "pod security, restricted",
)
