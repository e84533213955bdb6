"""The pod of Airflow's servers: one container for all of them, and a sidecar that hands on their metrics."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes import metrics, pods
from components.platform.contract import CHECK_PORT
from components.team import airflow_settings as settings
from components.team.names import AIRFLOW
from components.team.spec import AirflowSpec

GRACE_SECONDS = 30
MORE_PORTS = {"check": CHECK_PORT, "metrics": settings.METRICS_PORT}
"""Ports of the Service besides `main`."""
UDP_PORTS = {"statsd": settings.STATSD_PORT}
"""Its ports for datagrams."""


def servers(spec: AirflowSpec, image: str, plain: Mapping[str, str]) -> k8s.core.v1.ContainerArgs:
    """The supervisor, which forks the servers so that they share what they all load."""
    return k8s.core.v1.ContainerArgs(
        name=AIRFLOW,
        image=image,
        env=pods.environment(plain, settings.hidden()),
        ports=[
            k8s.core.v1.ContainerPortArgs(name="main", container_port=settings.PORT),
            k8s.core.v1.ContainerPortArgs(name="check", container_port=CHECK_PORT),
        ],
        resources=pods.resources(spec.resources),
        security_context=pods.container_security(),
        # Somebody waits for the start; later a look costs a process each time, and the supervisor looks itself.
        startup_probe=pods.http_probe("/ready", period=1, failures=300, port="check"),
        readiness_probe=pods.http_probe("/ready", period=10, failures=3, port="check"),
        # The supervisor restarts what fails: only if it is gone itself does the container have to be.
        liveness_probe=pods.http_probe("/live", period=20, failures=6, port="check"),
        volume_mounts=[pods.mount("config", settings.CONFIG, read_only=True), pods.mount("tmp", pods.TMP)],
    )


def template(
    labels: Mapping[str, str],
    containers: list[k8s.core.v1.ContainerArgs],
    config_map: pulumi.Input[str],
    *,
    rotation: int,
    config: str,
) -> k8s.core.v1.PodTemplateSpecArgs:
    """The pod. Another rotation or another config is another pod: files of a ConfigMap change a minute late."""
    return pods.template(
        labels,
        containers,
        [pods.files("config", config_map), pods.scratch("tmp", "1Gi")],
        annotations={
            "mlplatform/rotation": str(rotation),
            **metrics.annotations(settings.METRICS_PORT),
            "mlplatform/config": hashlib.sha256(config.encode()).hexdigest()[:12],
        },
        service_account=AIRFLOW,
        grace_seconds=GRACE_SECONDS,
    )
