"""What makes pods: Deployments, StatefulSets, DaemonSets, Jobs, autoscalers."""

from __future__ import annotations

from typing import Any

from ..text import Families
from .quantity import seconds

JOB_REASONS = ("BackoffLimitExceeded", "DeadlineExceeded", "Evicted")


def _who(found: dict[str, Any], kind: str) -> dict[str, str]:
    return {"namespace": found["metadata"]["namespace"], kind: found["metadata"]["name"]}


def deployment(found: dict[str, Any], family: Families) -> None:
    """All of one Deployment."""
    who, status = _who(found, "deployment"), found.get("status", {})
    family("kube_deployment_created", "Unix creation timestamp").add(
        seconds(found["metadata"]["creationTimestamp"]), **who
    )
    family("kube_deployment_spec_replicas", "Number of desired pods for a deployment.").add(
        found["spec"].get("replicas", 1), **who
    )
    for key, name in (
        ("replicas", "kube_deployment_status_replicas"),
        ("readyReplicas", "kube_deployment_status_replicas_ready"),
        ("availableReplicas", "kube_deployment_status_replicas_available"),
        ("unavailableReplicas", "kube_deployment_status_replicas_unavailable"),
        ("updatedReplicas", "kube_deployment_status_replicas_updated"),
    ):
        family(name, f"{key} of a deployment.").add(status.get(key, 0), **who)
    family("kube_deployment_metadata_generation", "Generation that is wanted.").add(
        found["metadata"].get("generation", 0), **who
    )
    family("kube_deployment_status_observed_generation", "Generation that was seen.").add(
        status.get("observedGeneration", 0), **who
    )


def statefulset(found: dict[str, Any], family: Families) -> None:
    """All of one StatefulSet."""
    who, status = _who(found, "statefulset"), found.get("status", {})
    family("kube_statefulset_replicas", "Number of desired pods for a StatefulSet.").add(
        found["spec"].get("replicas", 1), **who
    )
    for key, name in (
        ("replicas", "kube_statefulset_status_replicas"),
        ("readyReplicas", "kube_statefulset_status_replicas_ready"),
        ("availableReplicas", "kube_statefulset_status_replicas_available"),
        ("currentReplicas", "kube_statefulset_status_replicas_current"),
        ("updatedReplicas", "kube_statefulset_status_replicas_updated"),
    ):
        family(name, f"{key} of a StatefulSet.").add(status.get(key, 0), **who)


def daemonset(found: dict[str, Any], family: Families) -> None:
    """All of one DaemonSet."""
    who, status = _who(found, "daemonset"), found.get("status", {})
    for key, name in (
        ("desiredNumberScheduled", "kube_daemonset_status_desired_number_scheduled"),
        ("currentNumberScheduled", "kube_daemonset_status_current_number_scheduled"),
        ("numberReady", "kube_daemonset_status_number_ready"),
        ("numberAvailable", "kube_daemonset_status_number_available"),
        ("numberUnavailable", "kube_daemonset_status_number_unavailable"),
    ):
        family(name, f"{key} of a DaemonSet.").add(status.get(key, 0), **who)


def job(found: dict[str, Any], family: Families) -> None:
    """All of one Job."""
    who, status = _who(found, "job_name"), found.get("status", {})
    family("kube_job_status_active", "The number of actively running pods.").add(status.get("active", 0), **who)
    family("kube_job_status_succeeded", "The number of pods which reached Phase Succeeded.").add(
        status.get("succeeded", 0), **who
    )
    if started := status.get("startTime"):
        family("kube_job_status_start_time", "StartTime of the job.").add(seconds(started), **who)
    if ended := status.get("completionTime"):
        family("kube_job_status_completion_time", "CompletionTime of the job.").add(seconds(ended), **who)
    conditions = {one["type"]: one for one in status.get("conditions", [])}
    for kind, name in (("Complete", "kube_job_complete"), ("Failed", "kube_job_failed")):
        if kind in conditions:
            for value in ("true", "false", "unknown"):
                is_so = conditions[kind]["status"].lower() == value
                family(name, f"The job has condition {kind}.").add(is_so, **who, condition=value)
    failed = family("kube_job_status_failed", "The number of pods which reached Phase Failed and the reason.")
    if not status.get("failed"):
        failed.add(0, **who)
        return
    reason = conditions.get("Failed", {}).get("reason", "")
    if reason not in JOB_REASONS:
        failed.add(status["failed"], **who, reason="")
        return
    for one in JOB_REASONS:
        failed.add(one == reason, **who, reason=one)


def autoscaler(found: dict[str, Any], family: Families) -> None:
    """All of one HorizontalPodAutoscaler."""
    who, spec, status = _who(found, "horizontalpodautoscaler"), found["spec"], found.get("status", {})
    for name, value in (
        ("spec_min_replicas", spec.get("minReplicas", 1)),
        ("spec_max_replicas", spec["maxReplicas"]),
        ("status_current_replicas", status.get("currentReplicas", 0)),
        ("status_desired_replicas", status.get("desiredReplicas", 0)),
    ):
        family(f"kube_horizontalpodautoscaler_{name}", f"{name} of the autoscaler.").add(value, **who)
