"""What a team can take has a bound, and a pod that says nothing has a size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policies.resource import Resource
from policies.rule import Severity, StackRule, Violation
from policies.tenancy import team

BOUND = ("requests.cpu", "requests.memory", "pods", "requests.storage")


def _check(resources: Sequence[Resource]) -> Iterator[Violation]:
    for namespace in team.namespaces(resources):
        name = namespace.metadata.get("name")
        hard: set[str] = set()
        for quota in resources:
            if quota.kind == "ResourceQuota" and quota.namespace == name:
                hard |= set(quota.spec.get("hard") or {})
        if missing := [one for one in BOUND if one not in hard]:
            yield Violation(f"{namespace.title} has no quota for {', '.join(missing)}", namespace.urn)


RULE = StackRule(
    "cost-team-quota",
    "A team's namespace has a quota for processor, memory, pods and storage.",
    Severity.HIGH,
    f"add a ResourceQuota with {', '.join(BOUND)} to it",
    _check,
)
