"""A model pod as the API server tells of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .kube import Object
from .revision import CONTAINER

PULL = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"}
LONGEST = 400
"""Characters of what a pod said when it ended."""


@dataclass(frozen=True)
class Pod:
    """What counts of it."""

    name: str
    revision: str
    address: str
    ready: bool
    leaving: bool
    running: bool
    """Its container runs, ready or not."""
    crashes: int
    """How often its container ended by itself."""
    crash: str
    """What it said last when it did."""
    blocked: tuple[str, str] | None
    """Why its container doesn't start, and how long that lasts isn't ours: reason and message."""


def read(item: Object, group: str) -> Pod:
    """From the object."""
    meta, status = item["metadata"], item.get("status") or {}
    conditions = {found["type"]: found for found in status.get("conditions") or []}
    containers = [found for found in status.get("containerStatuses") or [] if found["name"] == CONTAINER]
    container = containers[0] if containers else {}
    state = container.get("state") or {}
    leaving = bool(meta.get("deletionTimestamp")) or status.get("phase") in ("Failed", "Succeeded")
    crashes, crash = _crashes(container, status)
    return Pod(
        name=meta["name"],
        revision=(meta.get("labels") or {}).get(f"{group}/revision", ""),
        address=str(status.get("podIP") or ""),
        ready=conditions.get("Ready", {}).get("status") == "True" and not leaving,
        leaving=leaving,
        running="running" in state,
        crashes=crashes,
        crash=crash,
        blocked=_blocked(conditions, state),
    )


def _crashes(container: Object, status: Object) -> tuple[int, str]:
    ended = (container.get("state") or {}).get("terminated") or (container.get("lastState") or {}).get("terminated")
    restarts = int(container.get("restartCount") or 0)
    if status.get("phase") == "Failed" and not ended:
        return 1, f"{status.get('reason') or 'Failed'}: {status.get('message') or 'the pod failed'}"[:LONGEST]
    if not ended:
        return restarts, ""
    current = 1 if (container.get("state") or {}).get("terminated") else 0
    said = " ".join(str(ended.get("message") or "").split())
    how = f"{ended.get('reason') or 'ended'}, exit code {ended.get('exitCode')}"
    return max(restarts + current, 1), f"{how}: {said[-LONGEST:]}" if said else how


def _blocked(conditions: dict[str, Object], state: Object) -> tuple[str, str] | None:
    scheduled = conditions.get("PodScheduled", {})
    if scheduled.get("status") == "False":
        return "Unschedulable", str(scheduled.get("message") or "no node has room")[:LONGEST]
    waiting = state.get("waiting") or {}
    if waiting.get("reason") in PULL:
        return "ImagePull", str(waiting.get("message") or waiting["reason"])[:LONGEST]
    if waiting.get("reason") in ("CreateContainerConfigError", "CreateContainerError", "RunContainerError"):
        return "NotStarted", str(waiting.get("message") or waiting["reason"])[:LONGEST]
    return None


def trouble(own: Sequence[Pod]) -> tuple[str, str] | None:
    """What keeps pods from answering."""
    for pod in own:
        if pod.blocked:
            return pod.blocked
        if pod.crashes and not pod.ready:
            return "Crashing", pod.crash
    return None


def refused(deployment: Object | None) -> tuple[str, str] | None:
    """Why a Deployment can't have the pods that it is to have."""
    for found in ((deployment or {}).get("status") or {}).get("conditions") or []:
        if found["type"] == "ReplicaFailure" and found["status"] == "True":
            message = str(found.get("message") or "")[:LONGEST]
            reason = "QuotaExceeded" if "exceeded quota" in message else "NotPermitted"
            return reason, message
    return None


def size(deployment: Object | None) -> int:
    """How many pods a Deployment is to have: one, if it doesn't say."""
    return int(deployment["spec"].get("replicas", 1)) if deployment else 0
