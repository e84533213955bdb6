"""Kinds whose readiness shows in other objects: Services, Ingresses, claims that wait for their first consumer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from local.provider import objects
from local.provider.await_ import status
from local.provider.await_.status import Status
from local.provider.await_.waiting import Watched
from local.provider.errors import ApiError, CancelledError, NotReadyError
from local.provider.objects import pluck
from local.provider.rest import Client
from local.provider.wire import Object

_ENDPOINT_GRACE_SECONDS = 10.0
_WATCH_SECONDS = 30.0


def load_balancer(obj: Object) -> Status:
    """A load balancer (or ingress controller) has written its address."""
    done = bool(pluck(obj, "status", "loadBalancer", "ingress"))
    return Status(done, "" if done else f"{obj.get('kind')} was not allocated an address (status.loadBalancer)")


def service_needs_pods(obj: Object) -> bool:
    """Whether a Service is only of use with endpoints: not headless, not external, and it selects pods."""
    spec = pluck(obj, "spec") or {}
    return spec.get("type") != "ExternalName" and spec.get("clusterIP") != "None" and bool(spec.get("selector"))


def service_now(client: Client, obj: Object) -> Status:
    """A Service's status at this moment."""
    if pluck(obj, "spec", "type") == "LoadBalancer" and not (result := load_balancer(obj)).ready:
        return result
    if service_needs_pods(obj) and not _has_endpoints(_slices(client, obj)):
        return Status(False, _NO_PODS)
    return Status(True)


_NO_PODS = (
    "Service does not target any Pods. Selected Pods may not be ready, "
    "or field '.spec.selector' may not match labels on any Pods"
)


def service(watched: Watched, seconds: float) -> Object:
    """Wait for a Service's endpoints and, of type LoadBalancer, its address."""
    start = time.monotonic()
    if service_needs_pods(watched.live):
        _until_endpoints(watched, seconds)
    if pluck(watched.live, "spec", "type") == "LoadBalancer":
        watched.until(load_balancer, max(1.0, seconds - (time.monotonic() - start)))
    return watched.live


def _slices_query(obj: Object) -> tuple[str, dict[str, str]]:
    path = f"/apis/discovery.k8s.io/v1/namespaces/{objects.namespace(obj)}/endpointslices"
    return path, {"labelSelector": f"kubernetes.io/service-name={objects.name(obj)}"}


def _slices(client: Client, obj: Object) -> Any:
    path, query = _slices_query(obj)
    return client.request("GET", path, query)


def _has_endpoints(listed: Object) -> bool:
    return any(item.get("endpoints") for item in listed.get("items") or [])


def _until_endpoints(watched: Watched, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    watched.say("finding Pods to direct traffic to")
    while True:
        listed = _slices(watched.client, watched.live)
        if _has_endpoints(listed):
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise NotReadyError(watched.live, [f"timed out after {seconds:.0f} s: {_NO_PODS}"])
        path, query = _slices_query(watched.live)
        query["resourceVersion"] = str(pluck(listed, "metadata", "resourceVersion") or "")
        try:
            for _, item in watched.client.watch(path, query, min(_WATCH_SECONDS, left)):
                if item.get("endpoints"):
                    return
        except CancelledError:
            raise NotReadyError(watched.live, [f"cancelled: {_NO_PODS}"]) from None
        except ApiError as error:
            if error.code != 410:
                raise


def backends(obj: Object) -> list[str]:
    """Names of the Services behind an Ingress."""
    paths = [path for rule in pluck(obj, "spec", "rules") or [] for path in pluck(rule, "http", "paths") or []]
    found = [pluck(path, "backend", "service", "name") for path in paths]
    found.append(pluck(obj, "spec", "defaultBackend", "service", "name"))
    return sorted({name for name in found if isinstance(name, str)})


def missing_backends(client: Client, obj: Object) -> list[str]:
    """Services behind an Ingress that aren't there."""
    missing = []
    for name in backends(obj):
        try:
            client.request("GET", f"/api/v1/namespaces/{objects.namespace(obj)}/services/{name}")
        except ApiError as error:
            if not error.not_found:
                raise
            missing.append(name)
    return missing


def ingress(watched: Watched, seconds: float, warn: Callable[[str], None]) -> Object:
    """Wait for an Ingress's address and its Services; as officially, one that never appears is only a warning."""
    watched.until(load_balancer, seconds)
    deadline = time.monotonic() + min(seconds, _ENDPOINT_GRACE_SECONDS)
    while missing := missing_backends(watched.client, watched.live):
        if time.monotonic() > deadline or watched.client.cancelled.wait(0.25):
            warn(f"no matching Service found for Ingress {objects.qualified_name(watched.live)}: {', '.join(missing)}")
            break
        watched.say(f"waiting for Service {', '.join(missing)}")
    return watched.live


def claim_check(client: Client, obj: Object) -> status.Check:
    """A claim's readiness by its storage class: pending is right when the class waits for the first consumer."""
    name = pluck(obj, "spec", "storageClassName")
    mode = None
    if isinstance(name, str) and name:
        try:
            mode = client.request("GET", f"/apis/storage.k8s.io/v1/storageclasses/{name}").get("volumeBindingMode")
        except ApiError:
            mode = None
    if mode != "WaitForFirstConsumer":
        return status.claim

    def pending_or_bound(live: Object) -> Status:
        phase = pluck(live, "status", "phase")
        return Status(phase in ("Pending", "Bound"), f"PersistentVolumeClaim is {phase}")

    return pending_or_bound
