"""Teams' git repositories: a small server over `git http-backend` on one volume (images/git)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.foundation.contract import Contract
from components.kubernetes import ingress, objects, pods, secrets, traffic
from components.kubernetes import labels as label
from components.kubernetes.pods import SecretKey
from components.platform.contract import CHECK_PORT
from components.platform.spec import GitSpec

NAME = "git"
PORT = 8000
ADMIN = "admin"
ADMIN_SECRET = "git-admin"  # noqa: S105 - the name of a Secret, not its value


@dataclass(frozen=True)
class GitInputs:
    """What the server needs from others."""

    contract: Contract
    namespace: pulumi.Input[str]
    image: str
    root_secret: pulumi.Output[str]


class Git(pulumi.ComponentResource):
    """StatefulSet of one, its volume, Service, Secret, ingress route and network policy."""

    server: k8s.apps.v1.StatefulSet
    address: str

    def __init__(self, name: str, spec: GitSpec, inputs: GitInputs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:platform:Git", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        labels, selector = label.labels(NAME, "repositories"), label.selector(NAME, "repositories")
        key = secrets.derive(inputs.root_secret, NAME, ADMIN, spec.rotation)
        admin = objects.secret(ADMIN_SECRET, labels, inputs.namespace, {"username": ADMIN, "password": key}, child)
        volume = objects.claim(
            f"{name}-data", labels, inputs.namespace, inputs.contract.storage.rwo, spec.storage, child
        )
        service = objects.service(name, labels, inputs.namespace, selector, PORT, child)
        entry = inputs.contract.ingress
        ingress.route(name, labels, inputs.namespace, entry.class_name, entry.host(NAME), service, child)
        _traffic(name, selector, inputs, child)
        template = pods.template(
            labels,
            [_container(spec, inputs.image, {"ADMIN_KEY": SecretKey(admin.metadata.name, "password")})],
            # Tar archives on their way to a check, eight at once.
            [pods.claimed("data", volume.metadata.name), pods.scratch("tmp", "1Gi")],
            annotations={"mlplatform/rotation": str(spec.rotation)},
            grace_seconds=40,
        )
        self.server = objects.single_server(name, labels, inputs.namespace, selector, template, child)
        self.address = entry.address(NAME)
        self.register_outputs({"address": self.address})


def _container(spec: GitSpec, image: str, hidden: Mapping[str, SecretKey]) -> k8s.core.v1.ContainerArgs:
    return k8s.core.v1.ContainerArgs(
        name=NAME,
        image=image,
        env=pods.environment({}, hidden),
        ports=[k8s.core.v1.ContainerPortArgs(name="main", container_port=PORT)],
        resources=pods.resources(spec.resources),
        security_context=pods.container_security(),
        startup_probe=pods.http_probe("/health", period=1, failures=60),
        readiness_probe=pods.http_probe("/health", period=5, failures=3),
        liveness_probe=pods.http_probe("/health", period=20, failures=3),
        volume_mounts=[pods.mount("data", "/data"), pods.mount("tmp", pods.TMP)],
    )


def _traffic(
    name: str, selector: Mapping[str, str], inputs: GitInputs, opts: pulumi.ResourceOptions
) -> k8s.networking.v1.NetworkPolicy:
    """Pods of ours and people come in; out go questions to teams' Airflows."""
    return traffic.allow(
        name,
        f"{name}-traffic",
        inputs.namespace,
        selector,
        opts,
        into=(
            [traffic.platform_pods(), *traffic.addresses(inputs.contract.ingress.source_ranges)],
            [traffic.tcp(PORT)],
        ),
        out=([traffic.platform_pods()], [traffic.tcp(CHECK_PORT)]),
    )
