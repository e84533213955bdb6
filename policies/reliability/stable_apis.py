"""An upgrade of Kubernetes doesn't take an API away."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policies.resource import Resource
from policies.rule import Rule, Severity

UNSTABLE = re.compile(r"v\d+(?:alpha|beta)\d+")


def _check(resource: Resource) -> Iterator[str]:
    group, _, version = resource.api_version.rpartition("/")
    # What others define has no other version.
    if UNSTABLE.fullmatch(version) and (group.endswith(".k8s.io") or "." not in group):
        yield f"{resource.title} is of {resource.api_version}"


RULE = Rule(
    "reliability-stable-apis",
    "Kubernetes' own kinds are used in stable versions.",
    Severity.MEDIUM,
    "use the v1 of its group",
    _check,
)
