"""Pods and their containers."""

from __future__ import annotations

from typing import Any

from ..text import Families
from .quantity import quantity, resource, seconds

PHASES = ("Pending", "Succeeded", "Failed", "Unknown", "Running")


def pod(found: dict[str, Any], family: Families) -> None:
    """All of one pod."""
    metadata, spec, status = found["metadata"], found["spec"], found.get("status", {})
    who = {"namespace": metadata["namespace"], "pod": metadata["name"], "uid": metadata["uid"]}
    node = spec.get("nodeName", "")
    owner: dict[str, Any] = next((one for one in metadata.get("ownerReferences", []) if one.get("controller")), {})
    family("kube_pod_info", "Information about pod.").add(
        1,
        **who,
        host_ip=status.get("hostIP", ""),
        pod_ip=status.get("podIP", ""),
        node=node,
        created_by_kind=owner.get("kind", ""),
        created_by_name=owner.get("name", ""),
        priority_class=spec.get("priorityClassName", ""),
        host_network="true" if spec.get("hostNetwork") else "false",
    )
    family("kube_pod_created", "Unix creation timestamp").add(seconds(metadata["creationTimestamp"]), **who)
    if started := status.get("startTime"):
        family("kube_pod_start_time", "Start time in unix timestamp for a pod.").add(seconds(started), **who)
    phases = family("kube_pod_status_phase", "The pods current phase.")
    for phase in PHASES:
        phases.add(status.get("phase") == phase, **who, phase=phase)
    for condition in status.get("conditions", []):
        if condition["type"] in ("Ready", "PodScheduled"):
            name = {"Ready": "kube_pod_status_ready", "PodScheduled": "kube_pod_status_scheduled"}[condition["type"]]
            for value in ("true", "false", "unknown"):
                is_so = condition["status"].lower() == value
                family(name, f"Condition {condition['type']} of the pod.").add(is_so, **who, condition=value)
    for container in spec["containers"]:
        _asked(container, who, node, status.get("phase", ""), family)
    for container in status.get("containerStatuses", []):
        _container(container, who, family)


def _asked(container: dict[str, Any], who: dict[str, str], node: str, phase: str, family: Families) -> None:
    # What has ended holds nothing any more, which queries leave out by its phase; kube-state-metrics has it too.
    for kind in ("requests", "limits"):
        asked = family(f"kube_pod_container_resource_{kind}", f"The number of {kind} resource by a container.")
        for name, amount in container.get("resources", {}).get(kind, {}).items():
            asked.add(quantity(amount), **who, container=container["name"], node=node, **resource(name))


def _container(status: dict[str, Any], who: dict[str, str], family: Families) -> None:
    one = {**who, "container": status["name"]}
    family("kube_pod_container_info", "Information about a container in a pod.").add(
        1, **one, image=status.get("image", ""), image_id=status.get("imageID", "")
    )
    family(
        "kube_pod_container_status_restarts_total", "The number of container restarts per container.", "counter"
    ).add(status.get("restartCount", 0), **one)
    family("kube_pod_container_status_ready", "Describes whether the containers readiness check succeeded.").add(
        bool(status.get("ready")), **one
    )
    state, last = status.get("state", {}), status.get("lastState", {})
    for name in ("waiting", "running", "terminated"):
        family(f"kube_pod_container_status_{name}", f"Whether the container is {name}.").add(name in state, **one)
    for where, key, name in (
        (state, "waiting", "waiting_reason"),
        (state, "terminated", "terminated_reason"),
        (last, "terminated", "last_terminated_reason"),
    ):
        if reason := where.get(key, {}).get("reason"):
            family(f"kube_pod_container_status_{name}", f"Describes the {name.replace('_', ' ')}.").add(
                1, **one, reason=reason
            )
