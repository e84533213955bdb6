"""How requests find a service: an Ingress to a Service whose endpoints the controller itself writes.

Any ingress controller and any pod that calls the Service is led by them, as Knative does it.
"""

from __future__ import annotations

from collections.abc import Iterable

from .kube import MANAGER, Object
from .revision import labels, owner
from .settings import Settings
from .wanted import Wanted

PORT = "main"


def service(wanted: Wanted, group: str) -> Object:
    """Without a selector: no pod is behind it but those that the slice names."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(wanted, group),
        "spec": {
            "type": "ClusterIP",
            "ports": [{"name": PORT, "port": 80, "targetPort": 3000, "protocol": "TCP"}],
        },
    }


def ingress(wanted: Wanted, group: str) -> Object:
    """Everything that asks for its host goes to the Service."""
    backend = {"service": {"name": wanted.service, "port": {"name": PORT}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": _metadata(wanted, group),
        "spec": {
            "ingressClassName": wanted.ingress_class,
            "rules": [{"host": wanted.host, "http": {"paths": [path]}}],
        },
    }


def endpoints(wanted: Wanted, addresses: Iterable[str], port: int, group: str) -> Object:
    """Who answers now: pods, or the controller's own proxy while none can or a canary runs."""
    metadata = _metadata(wanted, group)
    metadata["labels"] |= {
        "kubernetes.io/service-name": wanted.service,
        "endpointslice.kubernetes.io/managed-by": f"{MANAGER}.{group}",
    }
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": metadata,
        "addressType": "IPv4",
        "ports": [{"name": PORT, "port": port, "protocol": "TCP"}],
        "endpoints": [
            {"addresses": [address], "conditions": {"ready": True, "serving": True, "terminating": False}}
            for address in sorted(set(addresses))
        ],
    }


def paths(wanted: Wanted) -> dict[str, str]:
    """Where each of them is at the API server."""
    space, name = wanted.namespace, wanted.service
    return {
        "service": f"/api/v1/namespaces/{space}/services/{name}",
        "ingress": f"/apis/networking.k8s.io/v1/namespaces/{space}/ingresses/{name}",
        "endpoints": f"/apis/discovery.k8s.io/v1/namespaces/{space}/endpointslices/{name}",
        "autoscaler": f"/apis/autoscaling/v2/namespaces/{space}/horizontalpodautoscalers/{name}",
    }


def where(addresses: list[str], settings: Settings, *, proxied: bool) -> tuple[list[str], int]:
    """The addresses and the port of a slice."""
    if proxied or not addresses:
        return [settings.address], settings.proxy_port
    return sorted(set(addresses)), settings.model_port


def _metadata(wanted: Wanted, group: str) -> Object:
    return {
        "name": wanted.service,
        "namespace": wanted.namespace,
        "labels": labels(wanted, group),
        "ownerReferences": owner(wanted, group),
    }
