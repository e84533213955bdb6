"""What a team may use: a quota for all of its pods together, and what a container gets that asks for nothing."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes import labels as label
from components.kubernetes import objects
from components.kubernetes.spec import Resources
from components.team.spec import QuotaSpec

NAME = "team"


def hard(spec: QuotaSpec) -> dict[str, str]:
    """The bounds as Kubernetes names them: of processor what is asked for, of memory what is asked for and allowed."""
    return {
        "requests.cpu": spec.cpu,
        "requests.memory": spec.memory,
        "limits.memory": spec.memory,
        "requests.storage": spec.storage,
        "pods": str(spec.pods),
    }


def quota(spec: QuotaSpec, namespace: pulumi.Input[str], opts: pulumi.ResourceOptions) -> k8s.core.v1.ResourceQuota:
    """All pods and volumes of the namespace together."""
    return k8s.core.v1.ResourceQuota(
        "quota",
        metadata=objects.metadata(NAME, label.labels(NAME, "quota"), namespace),
        spec=k8s.core.v1.ResourceQuotaSpecArgs(hard=hard(spec)),
        opts=opts,
    )


def limits(worker: Resources, namespace: pulumi.Input[str], opts: pulumi.ResourceOptions) -> k8s.core.v1.LimitRange:
    """A container that asks for nothing asks for what a task does: the quota refuses one that doesn't say."""
    return k8s.core.v1.LimitRange(
        "limits",
        metadata=objects.metadata(NAME, label.labels(NAME, "limits"), namespace),
        spec=k8s.core.v1.LimitRangeSpecArgs(
            limits=[
                k8s.core.v1.LimitRangeItemArgs(
                    type="Container",
                    default={"memory": worker.memory},
                    default_request={"cpu": worker.cpu, "memory": worker.memory},
                )
            ]
        ),
        opts=opts,
    )
