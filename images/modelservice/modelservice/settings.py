"""Where the controller runs and what it may route: plain environment (components/platform/serving_pod.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True)
class Settings:
    """The controller's environment."""

    group: str
    """API group of ModelServices: two platforms on one cluster have two."""
    address: str
    """Of its own pod: where requests go that no model pod can answer yet."""
    proxy_port: int
    metrics_port: int
    base_domain: str
    """A service is at <service>-<team>.<base domain> and nowhere else."""
    url: str
    """Of a service, with {host} in it: scheme and port of the ingress controller."""
    registry: str
    """Host, port and path before an image's name."""
    namespace: str = ""
    """Where the controller runs, and its lease is."""
    pod: str = ""
    """Name of its pod."""
    model_port: int = 3000
    max_body: int = 16 * MIB
    """Larger requests are refused, as a model pod does."""
    max_waiting: int = 500
    """Requests to one service that may wait for a pod."""
    wait_seconds: float = 60.0
    """Longest that a request waits for a pod."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """From the environment; what is missing is a `KeyError` that names it."""
        return cls(
            group=environment["GROUP"],
            address=environment["POD_IP"],
            proxy_port=int(environment["PROXY_PORT"]),
            metrics_port=int(environment["METRICS_PORT"]),
            base_domain=environment["BASE_DOMAIN"],
            url=environment["SERVICE_URL"],
            registry=environment["REGISTRY"],
            namespace=environment["POD_NAMESPACE"],
            pod=environment["POD_NAME"],
        )
