"""Nobody of one team gets rights in another's namespace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policies.resource import Resource
from policies.rule import Severity, StackRule, Violation
from policies.tenancy import team


def _check(resources: Sequence[Resource]) -> Iterator[Violation]:
    own = {namespace.metadata.get("name") for namespace in team.namespaces(resources)}
    for binding in resources:
        if binding.kind not in ("RoleBinding", "ClusterRoleBinding"):
            continue
        for subject in binding.props.get("subjects") or ():
            theirs = subject.get("namespace") or ""
            if theirs.startswith(team.PREFIX) and theirs not in own:
                what = f"{binding.title} gives rights to {subject.get('name')} of {theirs}"
                yield Violation(what, binding.urn)


RULE = StackRule(
    "tenancy-own-subjects",
    "No binding gives rights to another team's accounts.",
    Severity.CRITICAL,
    "bind accounts of the same namespace, or of the platform's",
    _check,
)
