"""A volume that one node can mount isn't wanted by two pods at once during a rollout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policies import pods
from policies.resource import Resource
from policies.rule import Severity, StackRule, Violation

ALONE = ("ReadWriteOnce", "ReadWriteOncePod")


def _check(resources: Sequence[Resource]) -> Iterator[Violation]:
    alone = {
        (claim.namespace, claim.metadata.get("name"))
        for claim in resources
        if claim.kind == "PersistentVolumeClaim" and not set(claim.spec.get("accessModes") or ()) - set(ALONE)
    }
    for one in resources:
        if one.kind != "Deployment":
            continue
        if (one.spec.get("strategy") or {}).get("type") == "Recreate":
            continue
        for pod in pods.of(one):
            for volume in pod.volumes:
                claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
                if (one.namespace, claim) in alone:
                    yield Violation(f"{one.title} starts a second pod on claim {claim} at a rollout", one.urn)


RULE = StackRule(
    "reliability-one-writer",
    "A Deployment on a volume for one node stops its pod before it starts the next.",
    Severity.HIGH,
    "set strategy: {type: Recreate}, use a StatefulSet, or a claim with ReadWriteMany",
    _check,
)
