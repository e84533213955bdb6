"""Nobody is bound to what may do everything."""

from __future__ import annotations

from collections.abc import Iterator

from policies.resource import Resource
from policies.rule import Rule, Severity

BINDINGS = ("RoleBinding", "ClusterRoleBinding")
ROLES = ("cluster-admin", "admin", "edit")
GROUPS = ("system:masters", "system:unauthenticated", "system:anonymous", "system:authenticated")


def _check(resource: Resource) -> Iterator[str]:
    if resource.kind not in BINDINGS:
        return
    role = (resource.props.get("roleRef") or {}).get("name")
    if role in ROLES:
        yield f"{resource.title} gives role {role}"
    for subject in resource.props.get("subjects") or ():
        if subject.get("name") in GROUPS:
            yield f"{resource.title} gives rights to {subject['name']}"


RULE = Rule(
    "security-no-cluster-admin",
    "No binding gives all rights, or rights to everybody.",
    Severity.CRITICAL,
    "bind a role that names what is needed to the account that needs it",
    _check,
)
