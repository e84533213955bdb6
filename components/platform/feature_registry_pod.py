"""The pod of the feature registry (images/feast)."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi_kubernetes as k8s

from components.kubernetes import pods
from components.kubernetes.pods import SecretKey
from components.platform.spec import FeaturesSpec

NAME = "features"
COMPONENT = "registry"
PORT = 8080
"""For the tenancy controller and feature servers."""
GRPC_PORT = 6570
"""For Feast's clients."""


def uri(namespace: str) -> str:
    """Its HTTP, for pods."""
    return f"http://{NAME}.{namespace}:{PORT}"


def grpc(namespace: str) -> str:
    """Its gRPC, as `registry.path` of a feature_store.yaml."""
    return f"{NAME}.{namespace}:{GRPC_PORT}"


def container(spec: FeaturesSpec, image: str, hidden: Mapping[str, SecretKey]) -> k8s.core.v1.ContainerArgs:
    """The one container."""
    return k8s.core.v1.ContainerArgs(
        name=COMPONENT,
        image=image,
        args=["registry"],
        env=pods.environment({}, hidden),
        ports=[
            k8s.core.v1.ContainerPortArgs(name="main", container_port=PORT),
            k8s.core.v1.ContainerPortArgs(name="grpc", container_port=GRPC_PORT),
        ],
        resources=pods.resources(spec.resources),
        security_context=pods.container_security(),
        startup_probe=pods.http_probe("/health", period=1, failures=90),
        readiness_probe=pods.http_probe("/health", period=5, failures=3),
        # A database that is away doesn't come back by a restart of its client.
        liveness_probe=pods.http_probe("/live", period=20, failures=6),
        volume_mounts=[pods.mount("tmp", pods.TMP)],
    )
