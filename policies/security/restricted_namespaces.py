"""What this pack sees before, the API server refuses too: also what nobody previews."""

from __future__ import annotations

from collections.abc import Iterator

from policies.resource import Resource
from policies.rule import Rule, Severity

ENFORCE = "pod-security.kubernetes.io/enforce"


def _check(resource: Resource) -> Iterator[str]:
    if resource.kind != "Namespace":
        return
    level = (resource.metadata.get("labels") or {}).get(ENFORCE)
    if level != "restricted":
        yield f"{resource.title} enforces pod security {level or 'not at all'}"


RULE = Rule(
    "security-restricted-namespaces",
    "Namespaces enforce the restricted pod security standard.",
    Severity.CRITICAL,
    f"label it {ENFORCE}: restricted",
    _check,
)
