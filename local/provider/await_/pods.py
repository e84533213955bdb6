"""Why a workload isn't ready: its pods' state, last event and last log lines."""

from __future__ import annotations

import contextlib
from typing import Any

from local.provider import objects
from local.provider.await_.status import condition
from local.provider.errors import ProviderError
from local.provider.objects import pluck
from local.provider.rest import Client
from local.provider.wire import Object

_LOG_LINES = 10
_MOST_PODS = 3
_WORKLOADS = {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"}


def explain(client: Client, live: Object, logs: bool = True) -> list[str]:
    """One reason a pod that isn't ready, the most telling first; empty for kinds without pods.

    Never fails: an explanation that can't be had isn't worth another error.
    """
    with contextlib.suppress(ProviderError, KeyError, TypeError, AttributeError):
        if live.get("kind") == "Pod":
            return [_reason(client, live, logs)]
        if live.get("kind") in _WORKLOADS:
            found = [pod for pod in _pods(client, live) if not _fine(pod)]
            found.sort(key=lambda pod: (_rank(pod), _age(pod)))
            reasons = [_reason(client, pod, logs) for pod in found[:_MOST_PODS]]
            return reasons or _own_events(client, live)
    return []


def _pods(client: Client, live: Object) -> list[Object]:
    selector = pluck(live, "spec", "selector") or {}
    labels = selector.get("matchLabels") if live.get("kind") != "ReplicationController" else selector
    query = {"labelSelector": ",".join(f"{key}={value}" for key, value in (labels or {}).items())}
    listed = client.request("GET", f"/api/v1/namespaces/{objects.namespace(live)}/pods", query)
    return list(listed.get("items") or [])


def _fine(pod: Object) -> bool:
    return pluck(pod, "status", "phase") == "Succeeded" or condition(pod, "Ready").get("status") == "True"


def _containers(pod: Object) -> list[Object]:
    return [
        status
        for key in ("initContainerStatuses", "containerStatuses")
        for status in pluck(pod, "status", key) or []
        if isinstance(status, dict)
    ]


def _trouble(status: Object) -> tuple[str, str] | None:
    """Reason and message of a container that waits for cause or has ended."""
    waiting = pluck(status, "state", "waiting") or {}
    if waiting.get("reason") and waiting["reason"] not in ("ContainerCreating", "PodInitializing"):
        return str(waiting["reason"]), str(waiting.get("message") or "")
    ended = pluck(status, "state", "terminated") or pluck(status, "lastState", "terminated") or {}
    if ended.get("exitCode"):
        return str(ended.get("reason") or "Error"), f"exit code {ended['exitCode']}"
    return None


def _rank(pod: Object) -> int:
    if any(_trouble(status) for status in _containers(pod)):
        return 0
    return 1 if condition(pod, "PodScheduled").get("status") == "False" else 2


def _age(pod: Object) -> str:
    # The newest first would hide the first cause of a crash loop; the oldest has most to tell.
    return str(pluck(pod, "metadata", "creationTimestamp"))


def _reason(client: Client, pod: Object, logs: bool) -> str:
    parts = [f"Pod {objects.qualified_name(pod)}"]
    unscheduled = condition(pod, "PodScheduled")
    if unscheduled.get("status") == "False":
        parts.append(f"[{unscheduled.get('reason')}] {unscheduled.get('message')}")
    log = ""
    for status in _containers(pod):
        if trouble := _trouble(status):
            parts.append(f"container {status.get('name')} [{trouble[0]}] {trouble[1]}".rstrip())
            if logs and not log and (status.get("restartCount") or pluck(status, "state", "terminated")):
                log = _log(client, pod, status)
        elif not status.get("ready") and pluck(status, "state", "running"):
            parts.append(f"container {status.get('name')} runs but isn't ready")
            if logs and not log:
                log = _log(client, pod, status)
    if event := _last_event(client, pod):
        parts.append(f"last event: {event}")
    if len(parts) == 1:
        parts.append(f"is {pluck(pod, 'status', 'phase')}")
    return ": ".join((parts[0], "; ".join(parts[1:]))) + (f"; last log lines:\n{log}" if log else "")


def _last_event(client: Client, obj: Object) -> str:
    query = {"fieldSelector": f"involvedObject.uid={pluck(obj, 'metadata', 'uid')}"}
    listed = client.request("GET", f"/api/v1/namespaces/{objects.namespace(obj)}/events", query)
    events = sorted(listed.get("items") or [], key=_when)
    warnings = [event for event in events if event.get("type") == "Warning"] or events
    return f"[{warnings[-1].get('reason')}] {warnings[-1].get('message')}" if warnings else ""


def _own_events(client: Client, live: Object) -> list[str]:
    event = _last_event(client, live)
    return [f"last event: {event}"] if event else []


def _when(event: Object) -> str:
    return str(
        event.get("lastTimestamp") or event.get("eventTime") or pluck(event, "metadata", "creationTimestamp") or ""
    )


def _log(client: Client, pod: Object, status: Object) -> str:
    path = f"/api/v1/namespaces/{objects.namespace(pod)}/pods/{objects.name(pod)}/log"
    query: dict[str, Any] = {"container": str(status.get("name")), "tailLines": str(_LOG_LINES)}
    if pluck(status, "state", "waiting"):
        query["previous"] = "true"
    with contextlib.suppress(ProviderError):
        return "\n".join(f"    {line}" for line in client.text(path, query).strip().splitlines())
    return ""
