"""A Job that hangs doesn't hold what it asked for until somebody looks."""

from __future__ import annotations

from collections.abc import Iterator

from policies import pods
from policies.resource import Resource
from policies.rule import Rule, Severity


def _check(resource: Resource) -> Iterator[str]:
    kind, spec = pods.job(resource.kind, resource.spec)
    if kind == "Job" and not spec.get("activeDeadlineSeconds"):
        yield f"{resource.title} may run without end"


RULE = Rule(
    "cost-jobs-end",
    "Jobs have a deadline.",
    Severity.MEDIUM,
    "set activeDeadlineSeconds to more than it has ever needed",
    _check,
)
