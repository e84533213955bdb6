"""The sidecar that turns statsd's datagrams into Prometheus' metrics (images/statsd-exporter)."""

from __future__ import annotations

import pulumi_kubernetes as k8s

from components.kubernetes import pods
from components.kubernetes.spec import Resources

METRICS_PORT = 9102
PORT = 9125
"""Of the datagrams."""
RESOURCES = Resources(cpu="10m", memory="64Mi")


def container(image: str) -> k8s.core.v1.ContainerArgs:
    """Listens for datagrams of its pod and, where a Service has its port, of others."""
    return k8s.core.v1.ContainerArgs(
        name="statsd",
        image=image,
        ports=[
            k8s.core.v1.ContainerPortArgs(name="metrics", container_port=METRICS_PORT),
            k8s.core.v1.ContainerPortArgs(name="statsd", container_port=PORT, protocol="UDP"),
        ],
        resources=pods.resources(RESOURCES),
        security_context=pods.container_security(),
        startup_probe=pods.http_probe("/-/ready", period=1, failures=60, port="metrics"),
        readiness_probe=pods.http_probe("/-/ready", period=5, failures=3, port="metrics"),
        liveness_probe=pods.http_probe("/-/healthy", period=20, failures=6, port="metrics"),
    )
