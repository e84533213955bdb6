"""Containers gain nothing: not privileged, no escalation, no capabilities."""

from __future__ import annotations

from collections.abc import Iterator

from policies import pods
from policies.resource import Resource
from policies.rule import Rule, Severity

ALLOWED = ("NET_BIND_SERVICE",)
"""What the restricted pod security standard lets one add."""


def _check(resource: Resource) -> Iterator[str]:
    for container in pods.containers(resource):
        security = container.security
        if security.get("privileged"):
            yield f"{container.title} is privileged"
        if security.get("allowPrivilegeEscalation") is not False:
            yield f"{container.title} may gain privileges"
        capabilities = security.get("capabilities") or {}
        if "ALL" not in (capabilities.get("drop") or ()):
            yield f"{container.title} keeps capabilities"
        for name in capabilities.get("add") or ():
            if name not in ALLOWED:
                yield f"{container.title} adds capability {name}"


RULE = Rule(
    "security-no-privilege",
    "Containers aren't privileged, can't become it, and have no capabilities.",
    Severity.CRITICAL,
    "set allowPrivilegeEscalation: false and capabilities: {drop: [ALL]} in its securityContext, and no privileged",
    _check,
    "pod security, restricted",
)
