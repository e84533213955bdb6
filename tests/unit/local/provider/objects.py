"""A ConfigMap and a Deployment, as inputs, as a server has them, and as the state keeps them."""

from __future__ import annotations

from typing import Any

from tests.support.provider_calls import manifest, urn

CONFIG_MAP = urn("core/v1:ConfigMap")
DEPLOYMENT = urn("apps/v1:Deployment")
INPUTS = manifest("v1", "ConfigMap", "a", "ns", data={"k": "v"})
LIVE = manifest("v1", "ConfigMap", "a", "ns", data={"k": "v"}, metadata={"uid": "u", "resourceVersion": "5"})
PATH = "/api/v1/namespaces/ns/configmaps/a"
WEB = manifest("apps/v1", "Deployment", "web", "ns", spec={"replicas": 1, "selector": {"matchLabels": {"app": "web"}}})
WEB_PATH = "/apis/apps/v1/namespaces/ns/deployments/web"


def deployment(available: int, version: str = "1") -> dict[str, Any]:
    status = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": available}
    metadata = {**WEB["metadata"], "generation": 1, "resourceVersion": version, "uid": "u"}
    return {**WEB, "metadata": metadata, "status": status}


def state_of(obj: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    return {**obj, "__inputs": inputs, "__initialApiVersion": "v1", "__fieldManager": "pulumi-kubernetes-x"}
