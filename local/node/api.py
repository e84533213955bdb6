"""Talking to the node's API server: apply objects, see what isn't ready."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import urllib3
from kubernetes import client, config, dynamic
from kubernetes.client.exceptions import ApiException, OpenApiException

FIELD_MANAGER = "mlplatform-node"
API_ERRORS = (OSError, urllib3.exceptions.HTTPError, OpenApiException)
"""What a call may raise while the API server comes or goes."""
_SECOND = timedelta(seconds=1)  # Kubernetes' timestamps have no fractions


class Api:
    """The API server by a kubeconfig."""

    def __init__(self, kubeconfig: Path) -> None:
        settings = client.Configuration()
        config.load_kube_config(  # type: ignore[no-untyped-call]  # the library has no types
            str(kubeconfig), client_configuration=settings
        )
        # A company's proxy is for the outside; the node is on this machine.
        settings.proxy = None
        self._client = client.ApiClient(settings)

    def get(self, path: str) -> Any:
        """The object at a path, as a dict; None when there is none."""
        response = self._client.call_api("GET", self._client.configuration.host + path, _request_timeout=10)
        body: bytes = response.read()  # type: ignore[no-untyped-call]  # as above
        if response.status == 404:
            return None
        if response.status != 200:
            raise ApiException(status=response.status, reason=body.decode(errors="replace")[:200])
        return json.loads(body)

    def apply(self, objects: Sequence[dict[str, Any]]) -> None:
        """Server-side apply. The objects are the node's own: what somebody else set in them is overruled."""
        found = dynamic.DynamicClient(self._client)  # type: ignore[no-untyped-call]  # as above
        for each in objects:
            kind = found.resources.get(api_version=each["apiVersion"], kind=each["kind"])
            kind.server_side_apply(body=each, field_manager=FIELD_MANAGER, force_conflicts=True)


def unready(
    api: Api,
    node: str,
    workloads: Sequence[tuple[str, str, str]],
    heard_after: datetime | None = None,
    started_after: datetime | None = None,
) -> list[str]:
    """What isn't ready yet, in words.

    Args:
        api: The API server.
        node: The node's name.
        workloads: Kind, namespace and name of what must have its pods ready.
        heard_after: The kubelet must have reported after this; what is said about a node that is dead is old.
        started_after: Every container must have been started after this.
    """
    result = node_unready(api.get(f"/api/v1/nodes/{node}"), heard_after)
    if result:
        return result
    pods = [
        pod
        for space in sorted({"kube-system", *(each[1] for each in workloads)})
        for pod in api.get(f"/api/v1/namespaces/{space}/pods")["items"]
    ]
    for kind, namespace, name in workloads:
        got = api.get(f"/apis/apps/v1/namespaces/{namespace}/{kind.lower()}s/{name}")
        if not rolled_out(kind, got):
            result.append(f"{kind} {namespace}/{name}")
    result += [reason for pod in pods if (reason := pod_unready(pod, started_after))]
    if heard_after and not result:
        # A kubelet that was just started answers for no pod until it has read them all from the API server.
        known = {pod["metadata"]["uid"] for pod in api.get(f"/api/v1/nodes/{node}/proxy/pods")["items"]}
        strangers = [pod for pod in pods if not _is_mirror(pod) and pod["metadata"]["uid"] not in known]
        result += [f"Pod {pod['metadata']['namespace']}/{pod['metadata']['name']} (not seen)" for pod in strangers]
    return result


def node_unready(node: dict[str, Any] | None, heard_after: datetime | None) -> list[str]:
    """Why a Node object doesn't say that it is ready now."""
    if node is None:
        return ["the kubelet hasn't registered the node"]
    conditions = {each["type"]: each for each in node.get("status", {}).get("conditions", [])}
    ready = conditions.get("Ready")
    if ready is None or (heard_after and _time(ready["lastHeartbeatTime"]) < heard_after - _SECOND):
        return ["the kubelet hasn't reported yet"]
    return [] if ready["status"] == "True" else [f"the node isn't ready: {ready.get('message', '')}"]


def rolled_out(kind: str, workload: dict[str, Any] | None) -> bool:
    """Whether all pods of a Deployment or DaemonSet are of its present template and ready."""
    if workload is None:
        return False
    status = workload.get("status", {})
    if status.get("observedGeneration") != workload["metadata"]["generation"]:
        return False
    if kind == "DaemonSet":
        wanted: int = status.get("desiredNumberScheduled", 0)
        return wanted > 0 and all(status.get(name, 0) == wanted for name in ("updatedNumberScheduled", "numberReady"))
    wanted = workload["spec"]["replicas"]
    return all(status.get(name, 0) == wanted for name in ("replicas", "updatedReplicas", "readyReplicas"))


def pod_unready(pod: dict[str, Any], started_after: datetime | None) -> str | None:
    """Why a pod that should run for ever doesn't; None when it does, or is of another kind."""
    owners = {owner["kind"] for owner in pod["metadata"].get("ownerReferences", [])}
    if not owners & {"ReplicaSet", "DaemonSet"} or pod["metadata"].get("deletionTimestamp"):
        return None
    name = f"Pod {pod['metadata']['namespace']}/{pod['metadata']['name']}"
    statuses = pod["status"].get("containerStatuses", [])
    conditions = {each["type"]: each["status"] for each in pod["status"].get("conditions", [])}
    if conditions.get("Ready") != "True" or not statuses:
        waiting = [each["state"]["waiting"].get("reason", "") for each in statuses if "waiting" in each["state"]]
        return f"{name} ({', '.join(waiting)})" if any(waiting) else name
    starts = [_time(each["state"]["running"]["startedAt"]) for each in statuses if "running" in each["state"]]
    if started_after and any(start < started_after - _SECOND for start in starts):
        return f"{name} (not started yet)"
    return None


def _is_mirror(pod: dict[str, Any]) -> bool:
    """Whether it stands for a static pod, which has another uid in the kubelet."""
    return "kubernetes.io/config.mirror" in pod["metadata"].get("annotations", {})


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
