"""Into a team's pods comes only what a NetworkPolicy names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policies.resource import Resource
from policies.rule import Severity, StackRule, Violation
from policies.tenancy import team


def _check(resources: Sequence[Resource]) -> Iterator[Violation]:
    for namespace in team.namespaces(resources):
        name = namespace.metadata.get("name")
        if not any(policy.namespace == name and _denies(policy) for policy in resources):
            yield Violation(f"{namespace.title} lets everybody in", namespace.urn)


def _denies(resource: Resource) -> bool:
    if resource.kind != "NetworkPolicy":
        return False
    everyone = not any((resource.spec.get("podSelector") or {}).values())
    # Without types it is about what comes in.
    return everyone and "Ingress" in (resource.spec.get("policyTypes") or ("Ingress",))


RULE = StackRule(
    "tenancy-denied-by-default",
    "A NetworkPolicy for all pods of a team's namespace says who may come in.",
    Severity.CRITICAL,
    "add a NetworkPolicy with an empty podSelector and policyTypes: [Ingress] to it",
    _check,
)
