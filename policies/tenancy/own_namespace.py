"""A team's stack makes nothing outside of its namespace, so teams come and go without each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policies.resource import KUBERNETES, Resource
from policies.rule import Severity, StackRule, Violation
from policies.tenancy import team


def _check(resources: Sequence[Resource]) -> Iterator[Violation]:
    own = [namespace.metadata.get("name") for namespace in team.namespaces(resources)]
    if not own:
        return
    if len(own) > 1:
        yield Violation(f"the stack makes namespaces of {len(own)} teams: {', '.join(map(str, own))}")
    for resource in resources:
        if not resource.type.startswith(KUBERNETES) or resource.kind == "Namespace":
            continue
        if not resource.namespace:
            yield Violation(f"{resource.title} is the whole cluster's", resource.urn)
        elif resource.namespace not in own:
            yield Violation(f"{resource.title} is in namespace {resource.namespace}", resource.urn)


RULE = StackRule(
    "tenancy-own-namespace",
    "A team's stack stays in the team's namespace.",
    Severity.CRITICAL,
    "set metadata.namespace to the team's; what all teams share belongs to the platform's stack",
    _check,
)
