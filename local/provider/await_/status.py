"""Is an object ready? Pure functions of its live state, with the official provider's meaning of "ready"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from local.provider.objects import pluck
from local.provider.urns import Kind
from local.provider.wire import Object


@dataclass(frozen=True)
class Status:
    """What an object's state says.

    Attributes:
        ready: Nothing more to wait for.
        message: What is being waited for, in one line.
        failed: It will never become ready, so waiting ends at once.
    """

    ready: bool
    message: str = ""
    failed: bool = False


Check = Callable[[Object], Status]


def condition(obj: Object, kind: str) -> Object:
    """A condition of the status by type, or an empty dict."""
    for found in pluck(obj, "status", "conditions") or []:
        if isinstance(found, dict) and str(found.get("type")).lower() == kind.lower():
            return found
    return {}


def _count(obj: Object, *path: str, default: int = 0) -> int:
    value = pluck(obj, *path)
    return value if isinstance(value, int) else default


def _observed(obj: Object) -> bool:
    return _count(obj, "status", "observedGeneration") >= _count(obj, "metadata", "generation")


def deployment(obj: Object) -> Status:
    """Rolled out: every replica is of the new template and available."""
    wanted = _count(obj, "spec", "replicas", default=1)
    updated, available = _count(obj, "status", "updatedReplicas"), _count(obj, "status", "availableReplicas")
    progress = f"{min(updated, available)}/{wanted} Pods available"
    if not _observed(obj):
        return Status(False, "waiting for the Deployment controller")
    if updated < wanted or available < wanted:
        stalled = condition(obj, "Progressing")
        why = f" [{stalled['reason']}] {stalled.get('message', '')}" if stalled.get("status") == "False" else ""
        return Status(False, f"waiting for app ReplicaSet to be available ({progress}){why}")
    if (old := _count(obj, "status", "replicas") - updated) > 0:
        return Status(False, f"waiting for {old} Pods of the previous version to end")
    return Status(True, progress)


def stateful_set(obj: Object) -> Status:
    """All replicas ready and of the current revision."""
    wanted, ready = _count(obj, "spec", "replicas", default=1), _count(obj, "status", "readyReplicas")
    progress = f"{ready}/{wanted} Pods ready"
    if not _observed(obj):
        return Status(False, "waiting for the StatefulSet controller")
    if ready != wanted or _count(obj, "status", "replicas") != wanted:
        return Status(False, f"waiting for StatefulSet to create Pods ({progress})")
    if pluck(obj, "spec", "updateStrategy", "type") == "OnDelete":
        return Status(True, progress)
    if _count(obj, "spec", "updateStrategy", "rollingUpdate", "partition") == 0:
        current, target = pluck(obj, "status", "currentRevision"), pluck(obj, "status", "updateRevision")
        if current != target:
            return Status(False, f"waiting for StatefulSet to advance from revision {current} to {target} ({progress})")
    return Status(True, progress)


def daemon_set(obj: Object) -> Status:
    """A ready pod of the current template on every node that should have one."""
    wanted = _count(obj, "status", "desiredNumberScheduled")
    updated, available = _count(obj, "status", "updatedNumberScheduled"), _count(obj, "status", "numberAvailable")
    if not _observed(obj):
        return Status(False, "waiting for the DaemonSet controller")
    ready = min(updated, available, _count(obj, "status", "numberReady"))
    message = f"{ready}/{wanted} Pods ready"
    return Status(
        ready >= wanted, message if ready >= wanted else f"waiting for DaemonSet to be rolled out ({message})"
    )


def replicated(obj: Object) -> Status:
    """ReplicaSet and ReplicationController: all replicas available."""
    wanted, available = _count(obj, "spec", "replicas", default=1), _count(obj, "status", "availableReplicas")
    done = _observed(obj) and available >= wanted
    return Status(done, f"{'' if done else 'waiting for Pods: '}{available}/{wanted} available")


def job(obj: Object) -> Status:
    """Complete; a failed Job never will be."""
    failed = condition(obj, "Failed")
    if failed.get("status") == "True":
        return Status(False, f"Job failed: {failed.get('reason')}: {failed.get('message')}", failed=True)
    if condition(obj, "Complete").get("status") == "True":
        return Status(True, "Job complete")
    if condition(obj, "Suspended").get("status") == "True":
        return Status(False, "Job is suspended")
    counts = {key: _count(obj, "status", key) for key in ("active", "succeeded", "failed")}
    return Status(False, "waiting for Job to complete (" + ", ".join(f"{v} {k}" for k, v in counts.items()) + ")")


def pod(obj: Object) -> Status:
    """Ready, or ended well."""
    phase = pluck(obj, "status", "phase")
    if phase == "Succeeded" or condition(obj, "Ready").get("status") == "True":
        return Status(True, f"Pod is {phase}")
    if phase == "Failed":
        return Status(
            False, f"Pod failed: {pluck(obj, 'status', 'message') or 'a container ended with an error'}", failed=True
        )
    unmet = [c for c in ("PodScheduled", "Initialized", "Ready") if condition(obj, c).get("status") == "False"]
    return Status(False, f"waiting for Pod: {', '.join(unmet) or phase}")


def persistent_volume(obj: Object) -> Status:
    """Available or bound."""
    phase = pluck(obj, "status", "phase")
    return Status(phase in ("Available", "Bound"), f"PersistentVolume is {phase}")


def claim(obj: Object) -> Status:
    """Bound. (Of a class that waits for the first consumer: see `await_.special`.)"""
    phase = pluck(obj, "status", "phase")
    return Status(phase == "Bound", f"PersistentVolumeClaim is {phase}")


def quota(obj: Object) -> Status:
    """Counted by its controller."""
    done = pluck(obj, "spec", "hard") == pluck(obj, "status", "hard")
    return Status(done, "" if done else "waiting for ResourceQuota to be counted")


def secret(obj: Object) -> Status:
    """Filled, if it is one that a controller fills."""
    if obj.get("type") != "kubernetes.io/service-account-token" or obj.get("data"):
        return Status(True)
    return Status(False, "waiting for the token of the ServiceAccount")


def crd(obj: Object) -> Status:
    """Served."""
    refused = condition(obj, "NamesAccepted")
    if refused.get("status") == "False":
        return Status(False, f"names not accepted: {refused.get('message')}", failed=True)
    done = condition(obj, "Established").get("status") == "True"
    return Status(done, "" if done else "waiting for CustomResourceDefinition to be established")


def generic(obj: Object) -> Status:
    """kstatus's rules for any object: observed, not stalled, not reconciling, Ready when it says so at all."""
    generation = pluck(obj, "status", "observedGeneration")
    if isinstance(generation, int) and generation < _count(obj, "metadata", "generation"):
        return Status(False, "waiting for the controller to see the change")
    stalled = condition(obj, "Stalled")
    if stalled.get("status") == "True":
        return Status(False, f"stalled: {stalled.get('message')}", failed=True)
    reconciling, ready = condition(obj, "Reconciling"), condition(obj, "Ready")
    if reconciling.get("status") == "True":
        return Status(False, str(reconciling.get("message") or "reconciling"))
    if ready and ready.get("status") != "True":
        return Status(False, str(ready.get("message") or f"Ready is {ready.get('status')}"))
    return Status(True)


_CHECKS: dict[tuple[str, str], tuple[Check, float]] = {
    ("apps", "Deployment"): (deployment, 600),
    ("apps", "StatefulSet"): (stateful_set, 600),
    ("apps", "DaemonSet"): (daemon_set, 600),
    ("apps", "ReplicaSet"): (replicated, 600),
    ("", "ReplicationController"): (replicated, 600),
    ("batch", "Job"): (job, 600),
    ("", "Pod"): (pod, 600),
    ("", "PersistentVolume"): (persistent_volume, 300),
    ("", "PersistentVolumeClaim"): (claim, 300),
    ("", "ResourceQuota"): (quota, 60),
    ("", "Secret"): (secret, 30),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): (crd, 60),
}


def check_of(obj: Object) -> tuple[Check, float] | None:
    """How to tell readiness of this kind and how many seconds to wait for it, or None if it is ready once it exists."""
    kind = Kind.of(str(obj.get("apiVersion")), str(obj.get("kind")))
    return _CHECKS.get((kind.group, kind.kind))
