"""What bounds pods: nodes, namespaces, quotas, volumes; and tenants, which are a kind of ours."""

from __future__ import annotations

from typing import Any

from ..text import Families
from .quantity import quantity, resource, seconds

CLAIM_PHASES = ("Pending", "Bound", "Lost")
NAMESPACE_PHASES = ("Active", "Terminating")


def node(found: dict[str, Any], family: Families) -> None:
    """All of one node."""
    name, status = found["metadata"]["name"], found.get("status", {})
    info = status.get("nodeInfo", {})
    family("kube_node_info", "Information about a cluster node.").add(
        1,
        node=name,
        kernel_version=info.get("kernelVersion", ""),
        os_image=info.get("osImage", ""),
        container_runtime_version=info.get("containerRuntimeVersion", ""),
        kubelet_version=info.get("kubeletVersion", ""),
    )
    family("kube_node_created", "Unix creation timestamp").add(
        seconds(found["metadata"]["creationTimestamp"]), node=name
    )
    family("kube_node_spec_unschedulable", "Whether a node can schedule new pods.").add(
        bool(found.get("spec", {}).get("unschedulable")), node=name
    )
    for condition in status.get("conditions", []):
        for value in ("true", "false", "unknown"):
            family("kube_node_status_condition", "The condition of a cluster node.").add(
                condition["status"].lower() == value, node=name, condition=condition["type"], status=value
            )
    for kind in ("capacity", "allocatable"):
        for what, amount in status.get(kind, {}).items():
            family(f"kube_node_status_{kind}", f"The {kind} for different resources of a node.").add(
                quantity(amount), node=name, **resource(what)
            )


def namespace(found: dict[str, Any], family: Families) -> None:
    """All of one namespace."""
    name = found["metadata"]["name"]
    family("kube_namespace_created", "Unix creation timestamp").add(
        seconds(found["metadata"]["creationTimestamp"]), namespace=name
    )
    for phase in NAMESPACE_PHASES:
        family("kube_namespace_status_phase", "kubernetes namespace status phase.").add(
            found.get("status", {}).get("phase") == phase, namespace=name, phase=phase
        )


def quota(found: dict[str, Any], family: Families) -> None:
    """All of one ResourceQuota."""
    who = {"namespace": found["metadata"]["namespace"], "resourcequota": found["metadata"]["name"]}
    for kind in ("hard", "used"):
        for what, amount in found.get("status", {}).get(kind, {}).items():
            family("kube_resourcequota", "Information about resource quota.").add(
                quantity(amount), **who, resource=what, type=kind
            )


def claim(found: dict[str, Any], family: Families) -> None:
    """All of one PersistentVolumeClaim."""
    metadata, spec = found["metadata"], found["spec"]
    who = {"namespace": metadata["namespace"], "persistentvolumeclaim": metadata["name"]}
    family("kube_persistentvolumeclaim_info", "Information about persistent volume claim.").add(
        1, **who, storageclass=spec.get("storageClassName", ""), volumename=spec.get("volumeName", "")
    )
    for phase in CLAIM_PHASES:
        family("kube_persistentvolumeclaim_status_phase", "The phase the persistent volume claim is in.").add(
            found.get("status", {}).get("phase") == phase, **who, phase=phase
        )
    asked = spec.get("resources", {}).get("requests", {}).get("storage")
    if asked:
        family(
            "kube_persistentvolumeclaim_resource_requests_storage_bytes", "The capacity requested by the claim."
        ).add(quantity(asked), **who)


def tenant(found: dict[str, Any], family: Families) -> None:
    """Whether a team has its part of every shared tool. No metric of kube-state-metrics."""
    conditions = found.get("status", {}).get("conditions", [])
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    family("mlplatform_tenant_ready", "Whether a team has its part of every shared tool.").add(
        ready, namespace=found["metadata"]["namespace"]
    )
