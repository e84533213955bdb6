"""A pod's scratch space is the node's disk: one pod can't fill it."""

from __future__ import annotations

from collections.abc import Iterator

from policies import pods
from policies.resource import Resource
from policies.rule import Rule, Severity


def _check(resource: Resource) -> Iterator[str]:
    for pod in pods.of(resource):
        for volume in pod.volumes:
            scratch = volume.get("emptyDir")
            if scratch is not None and not scratch.get("sizeLimit"):
                yield f"{pod.title}: volume {volume.get('name')} may grow without end"


RULE = Rule(
    "cost-bounded-scratch",
    "Scratch space of pods is bounded.",
    Severity.MEDIUM,
    "set sizeLimit in its emptyDir",
    _check,
)
