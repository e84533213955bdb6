"""Alertmanager, and beside it what looks after its routes: who is told of which alert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components import versions
from components.foundation.contract import Contract
from components.kubernetes import ingress, metrics, objects, pods, secrets, traffic
from components.kubernetes import labels as label
from components.kubernetes.access import Account, Rule
from components.kubernetes.spec import Resources
from components.platform import monitoring_names as names
from components.platform.contract import ALERTS_ACCOUNT
from components.platform.monitoring_names import ALERTMANAGER as NAME
from components.platform.monitoring_names import ALERTMANAGER_PORT as PORT
from components.platform.monitoring_names import ROUTES_PORT
from components.platform.monitoring_spec import MonitoringSpec
from components.platform.prometheus import asks, wide

RESOURCES = Resources(cpu="10m", memory="96Mi")
"""About 25 MB at rest."""
ROUTES = Resources(cpu="10m", memory="96Mi")
"""About 20 MB; amtool, which it asks about new routes, takes 30 more for a moment."""
STORAGE = "256Mi"
"""Silences, what was told to whom, and the last good routes."""


@dataclass(frozen=True)
class AlertmanagerInputs:
    """What it needs from others."""

    contract: Contract
    namespace: pulumi.Input[str]
    image: str
    root_secret: pulumi.Output[str]


class Alertmanager(pulumi.ComponentResource):
    """StatefulSet of one, its volume, Secret, Service, ingress route, rights and network policy."""

    address: str
    secret: str
    secret_name: pulumi.Output[str]

    def __init__(
        self, name: str, spec: MonitoringSpec, inputs: AlertmanagerInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mlplatform:platform:Alertmanager", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        labels = label.labels(NAME, names.COMPONENT, versions.ALERTMANAGER)
        selector = label.selector(NAME, names.COMPONENT)
        self.secret = names.secret(NAME)
        password = secrets.derive(inputs.root_secret, NAME, "admin", spec.rotation)
        admin = objects.secret(
            self.secret, labels, inputs.namespace, {"username": names.USER, "password": password}, child
        )
        self.secret_name = admin.metadata.name
        volume = objects.claim(f"{name}-data", labels, inputs.namespace, inputs.contract.storage.rwo, STORAGE, child)
        service = objects.service(name, labels, inputs.namespace, selector, PORT, child)
        entry = inputs.contract.ingress
        self.address = entry.address(NAME)
        ingress.route(name, labels, inputs.namespace, entry.class_name, entry.host(NAME), service, child)
        account = k8s.core.v1.ServiceAccount(
            f"{name}-account",
            metadata=objects.metadata(ALERTS_ACCOUNT, labels, inputs.namespace),
            automount_service_account_token=False,
            opts=child,
        )
        # Where each team wants its alerts, the team's stack lets it read.
        teams = [Rule(api_groups=[""], resources=["namespaces"], verbs=["list"])]
        access = wide(name, labels, teams, Account(inputs.namespace, account.metadata.name), child)
        webhook = {"PLATFORM_WEBHOOK": spec.alerts.webhook} if spec.alerts.webhook else {}
        template = pods.template(
            labels,
            [_server(inputs.image, self.address, webhook), _routes(inputs.image, webhook)],
            [
                pods.claimed("data", volume.metadata.name),
                pods.secret_files("credentials", admin.metadata.name, ["username", "password"]),
                pods.scratch("tmp", "64Mi"),
            ],
            annotations={"mlplatform/rotation": str(spec.rotation), **metrics.annotations(ROUTES_PORT)},
            service_account=ALERTS_ACCOUNT,
        )
        objects.single_server(
            name, labels, inputs.namespace, selector, template, pulumi.ResourceOptions(parent=self, depends_on=access)
        )
        people = traffic.addresses(entry.source_ranges)
        traffic.allow(
            name,
            f"{name}-traffic",
            inputs.namespace,
            selector,
            child,
            into=([traffic.pods_of(names.NAMESPACE), *people], [traffic.tcp(PORT)]),
            # Receivers are wherever teams have them.
            out=([], []),
        )
        self.register_outputs({"address": self.address})


def _mounts() -> list[k8s.core.v1.VolumeMountArgs]:
    return [
        pods.mount("data", names.DATA),
        pods.mount("credentials", names.CREDENTIALS, read_only=True),
        pods.mount("tmp", pods.TMP),
    ]


def _environment(webhook: Mapping[str, str]) -> list[k8s.core.v1.EnvVarArgs]:
    return pods.environment({"CREDENTIALS": names.CREDENTIALS, "ROUTES": names.DATA, **webhook}, {})


def _server(image: str, address: str, webhook: Mapping[str, str]) -> k8s.core.v1.ContainerArgs:
    return k8s.core.v1.ContainerArgs(
        name=NAME,
        image=image,
        args=[
            NAME,
            f"--storage.path={names.DATA}/state",
            f"--web.external-url={address}",
            "--web.route-prefix=/",
            f"--web.listen-address=:{PORT}",
            # One server: nobody to gossip with.
            "--cluster.listen-address=",
            "--log.level=info",
        ],
        env=_environment(webhook),
        ports=[k8s.core.v1.ContainerPortArgs(name="main", container_port=PORT)],
        resources=pods.resources(RESOURCES),
        security_context=pods.container_security(),
        startup_probe=asks(PORT, "/-/ready", 1, 60),
        readiness_probe=asks(PORT, "/-/ready", 10, 3),
        liveness_probe=asks(PORT, "/-/healthy", 30, 3),
        volume_mounts=_mounts(),
    )


def _routes(image: str, webhook: Mapping[str, str]) -> k8s.core.v1.ContainerArgs:
    return k8s.core.v1.ContainerArgs(
        name="routes",
        image=image,
        args=["alert-routes"],
        env=_environment(webhook),
        ports=[k8s.core.v1.ContainerPortArgs(name="routes", container_port=ROUTES_PORT)],
        resources=pods.resources(ROUTES),
        security_context=pods.container_security(),
        startup_probe=pods.http_probe("/healthz", period=1, failures=60, port="routes"),
        readiness_probe=pods.http_probe("/healthz", period=10, failures=3, port="routes"),
        liveness_probe=pods.http_probe("/healthz", period=30, failures=3, port="routes"),
        volume_mounts=_mounts(),
    )
