"""PostgreSQL in the cluster: one server over one volume."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components import versions
from components.foundation.local.spec import PostgresSpec
from components.kubernetes import labels as label
from components.kubernetes import objects, pods, traffic
from components.kubernetes.validators import size_in_bytes

NAME = "postgres"
PORT = 5432
ADMIN = "postgres"
DATA = "/var/lib/postgresql/data"
PASSWORD = "/run/secrets/postgres"  # noqa: S105 - a folder


@dataclass(frozen=True)
class PostgresInputs:
    """What the server needs from others."""

    namespace: pulumi.Input[str]
    image: str
    storage_class: str
    password: pulumi.Output[str]
    retain_data: bool


def settings(spec: PostgresSpec) -> list[str]:
    """What differs from the image's own settings, as arguments: buffers by the memory that it may use."""
    mebibytes = int(size_in_bytes(spec.resources.memory) // 2**20)
    return ["-c", f"shared_buffers={max(mebibytes // 4, 16)}MB"]


class Postgres(pulumi.ComponentResource):
    """StatefulSet of one, its volume, Service, Secret and network policy."""

    secret_name: pulumi.Output[str]

    def __init__(
        self, name: str, spec: PostgresSpec, inputs: PostgresInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mlplatform:foundation:Postgres", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        labels, selector = label.labels(NAME, "database", versions.POSTGRES), label.selector(NAME, "database")
        secret = objects.secret(
            f"{name}-admin",
            labels,
            inputs.namespace,
            {"username": ADMIN, "password": inputs.password},
            child,
        )
        volume = objects.claim(
            f"{name}-data",
            labels,
            inputs.namespace,
            inputs.storage_class,
            spec.storage,
            pulumi.ResourceOptions(parent=self, retain_on_delete=inputs.retain_data),
        )
        objects.service(name, labels, inputs.namespace, selector, PORT, child)
        traffic.allow(
            name,
            f"{name}-traffic",
            inputs.namespace,
            selector,
            child,
            into=([traffic.platform_pods()], [traffic.tcp(PORT)]),
        )
        container = k8s.core.v1.ContainerArgs(
            name=NAME,
            image=inputs.image,
            args=settings(spec),
            ports=[k8s.core.v1.ContainerPortArgs(name="main", container_port=PORT)],
            resources=pods.resources(spec.resources),
            security_context=pods.container_security(),
            startup_probe=_probe(period=1, failures=180),
            readiness_probe=_probe(period=5, failures=3),
            liveness_probe=_probe(period=20, failures=6),
            volume_mounts=[
                pods.mount("data", DATA),
                pods.mount("password", PASSWORD, read_only=True),
                pods.mount("run", "/run/postgresql"),
                pods.mount("tmp", pods.TMP),
            ],
        )
        volumes = [
            pods.claimed("data", volume.metadata.name),
            pods.secret_files("password", secret.metadata.name, ["password"]),
            pods.scratch("run", "16Mi"),
            pods.scratch("tmp", "256Mi"),
        ]
        template = pods.template(
            labels,
            [container],
            volumes,
            annotations={"mlplatform/rotation": str(spec.rotation)},
            grace_seconds=60,
        )
        objects.single_server(name, labels, inputs.namespace, selector, template, child)
        self.secret_name = secret.metadata.name
        self.register_outputs({"secret_name": self.secret_name})


def _probe(period: int, failures: int) -> k8s.core.v1.ProbeArgs:
    """Asks the server itself: the port is open before it takes connections."""
    return k8s.core.v1.ProbeArgs(
        exec_=k8s.core.v1.ExecActionArgs(command=["pg_isready", "-q", "-h", "127.0.0.1", "-U", ADMIN]),
        period_seconds=period,
        timeout_seconds=5,
        failure_threshold=failures,
    )
