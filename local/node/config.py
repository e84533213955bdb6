"""What a person may choose about the embedded node, and what it answers."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from local.problem import Problem

NODE_IMAGES = (
    "pause",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "etcd",
    "coredns",
    "registry",
    "local-path-provisioner",
    "metrics-server",
    "traefik",
)
"""The images that the node needs, as folders of `images/`."""

IMAGE_REPOSITORY = "registry.mlplatform.internal"
"""The name under which they are in containerd. It resolves nowhere, so nothing can be pulled instead of them."""


@dataclass(frozen=True)
class NodeConfig:
    """The embedded node's addresses and ports.

    The ranges come from 100.64.0.0/10 (RFC 6598), which company networks don't use inside, so they collide with none.
    """

    name: str = "mlplatform"
    """The node's name in Kubernetes; not the machine's, which may change."""
    address: str = "100.64.0.1"
    """The node's own address, on a link of its own, so that the machine may change its networks. Fixed too."""
    pods: str = "100.64.16.0/20"
    """Range of pod addresses. Fixed once the node has data."""
    services: str = "100.64.32.0/20"
    """Range of Service addresses. Fixed once the node has data."""
    api_port: int = 6443
    """Port of the Kubernetes API on `address`. Fixed once the node has data."""
    registry_port: int = 5000
    """Port of the image registry on `address`."""
    ingress_port: int = 8080
    """Port of the ingress controller on 127.0.0.1."""

    def __post_init__(self) -> None:
        """Refuse ranges that overlap and ports that can't be.

        Raises:
            Problem: A field has a value that can't work.
        """
        ranges = {
            "address": self._network("address"),
            "pods": self._network("pods"),
            "services": self._network("services"),
        }
        names = list(ranges)
        for index, one in enumerate(names):
            for other in names[index + 1 :]:
                if ranges[one].overlaps(ranges[other]):
                    raise Problem(
                        f"{one} {ranges[one]} overlaps {other} {ranges[other]}", "choose ranges apart from each other"
                    )
        for port in ("api_port", "registry_port", "ingress_port"):
            if not 1024 <= getattr(self, port) <= 65535:
                raise Problem(f"{port} {getattr(self, port)} is no port above 1023", "choose one from 1024 to 65535")

    def _network(self, name: str) -> ipaddress.IPv4Network:
        try:
            return ipaddress.IPv4Network(getattr(self, name))
        except ValueError as error:
            raise Problem(
                f"{name} {getattr(self, name)!r} is no IPv4 range: {error}", "write it like 100.64.16.0/20"
            ) from None

    @property
    def registry(self) -> str:
        """Host and port of the registry, the same for host, kubelet and pods."""
        return f"{self.address}:{self.registry_port}"

    @property
    def api(self) -> str:
        """The API server's address."""
        return f"https://{self.address}:{self.api_port}"

    @property
    def dns(self) -> str:
        """The cluster DNS Service's address: the tenth of the range, as everywhere."""
        return str(ipaddress.IPv4Network(self.services)[10])

    def fixed(self) -> dict[str, str]:
        """The fields that can't change once the node has data: certificates and objects hold them."""
        return {name: str(getattr(self, name)) for name in ("name", "address", "pods", "services", "api_port")}


@dataclass(frozen=True)
class NodeAccess:
    """How to reach the running node."""

    kubeconfig: Path
    context: str = "mlplatform"
    registry: str = "100.64.0.1:5000"


@dataclass(frozen=True)
class NodeState:
    """What the node is doing, as far as can be seen without changing anything."""

    status: Literal["stopped", "running", "broken"]
    reasons: tuple[str, ...] = ()
    """Why it is broken, one thing each."""
    api_healthy: bool = False
    addresses: dict[str, str] = field(default_factory=dict)
    """api, registry and ingress, when it isn't stopped."""
    since: datetime | None = None
    """When its kubelet was started."""
