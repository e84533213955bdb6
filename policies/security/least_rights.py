"""Roles name what they give."""

from __future__ import annotations

from collections.abc import Iterator

from policies.resource import Resource
from policies.rule import Rule, Severity

ROLES = ("Role", "ClusterRole")
FIELDS = ("verbs", "apiGroups", "resources", "nonResourceURLs")
BEYOND = ("escalate", "bind", "impersonate")
"""Verbs by which one gets more rights than one has."""


def _check(resource: Resource) -> Iterator[str]:
    if resource.kind not in ROLES:
        return
    for number, rule in enumerate(resource.props.get("rules") or ()):
        for field in FIELDS:
            if "*" in (rule.get(field) or ()):
                yield f"{resource.title}: rules[{number}].{field} has *"
        for verb in BEYOND:
            # Those bound to names can't be used for more than these.
            if verb in (rule.get("verbs") or ()) and not rule.get("resourceNames"):
                yield f"{resource.title}: rules[{number}] lets whoever has it {verb} without naming what"


RULE = Rule(
    "security-least-rights",
    "Roles name the verbs, groups and resources that they give, and no way to more.",
    Severity.CRITICAL,
    "name what is needed in place of *, and give resourceNames to escalate, bind and impersonate",
    _check,
)
