"""Dashboards as ConfigMaps and, where its image can be pulled, the Grafana that shows them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.foundation.contract import Contract
from components.kubernetes import ingress, metrics, objects, pods, secrets, traffic
from components.kubernetes import labels as label
from components.kubernetes.access import Account, Rule, grant_everywhere
from components.kubernetes.pods import SecretKey
from components.kubernetes.spec import Resources
from components.platform import grafana_settings as settings
from components.platform.contract import GRAFANA_ACCOUNT
from components.platform.dashboards import ALL
from components.platform.dashboards.render import render, to_text
from components.platform.grafana_settings import ADMIN, NAME, PORT
from components.platform.grafana_spec import GrafanaSpec
from components.platform.monitoring_names import NAMESPACE

ADMIN_SECRET = "grafana-admin"  # noqa: S105 - the name of a Secret, not its value
SIDECAR = {"grafana_dashboard": "1"}
"""What the sidecar of Grafana's own chart looks for, in every namespace."""
SIDECAR_RESOURCES = Resources(cpu="10m", memory="64Mi")
"""About 20 MB."""
DATASOURCES, PROVIDER = f"{NAME}-datasources", f"{NAME}-provider"


@dataclass(frozen=True)
class Metrics:
    """Where Prometheus is, and the Secret with user and password for it in the same namespace."""

    url: str
    user: str
    secret: pulumi.Input[str]


@dataclass(frozen=True)
class GrafanaInputs:
    """What dashboards and Grafana need from others."""

    contract: Contract
    namespace: pulumi.Input[str]
    sidecar_image: str
    """Of monitoring: it gives Grafana the teams' databases."""
    metrics: Metrics
    root_secret: pulumi.Output[str]


class Grafana(pulumi.ComponentResource):
    """A ConfigMap a dashboard; with an image also Deployment, Service, Secret, ingress route and network policy."""

    addresses: dict[str, str]
    """Where it is, by its name, if it runs."""
    credentials: dict[str, dict[str, str]]
    """Which Secret opens it."""

    def __init__(
        self, name: str, spec: GrafanaSpec, inputs: GrafanaInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mlplatform:platform:Grafana", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        boards = {board.name: to_text(render(board)) for board in ALL}
        for board, text in boards.items():
            _files(f"dashboard-{board}", {f"{board}.json": text}, inputs.namespace, child, SIDECAR)
        self.addresses, self.credentials = {}, {}
        if spec.image:
            self._run(name, spec, spec.image, inputs, list(boards))
            self.addresses[NAME] = inputs.contract.ingress.address(NAME)
            self.credentials[NAME] = {
                "namespace": NAMESPACE,
                "secret": ADMIN_SECRET,
                "user_key": objects.USER_KEY,
                "password_key": objects.PASSWORD_KEY,
            }
        self.register_outputs({"addresses": self.addresses, "credentials": self.credentials})

    def _run(self, name: str, spec: GrafanaSpec, image: str, inputs: GrafanaInputs, boards: list[str]) -> None:
        child = pulumi.ResourceOptions(parent=self)
        labels, selector = label.labels(NAME, "dashboards"), label.selector(NAME, "dashboards")
        password = secrets.derive(inputs.root_secret, NAME, ADMIN, spec.rotation)
        admin = objects.secret(
            ADMIN_SECRET,
            labels,
            inputs.namespace,
            {objects.USER_KEY: ADMIN, objects.PASSWORD_KEY: password},
            child,
        )
        told = {
            DATASOURCES: json.dumps(settings.datasources(inputs.metrics.url, inputs.metrics.user)),
            PROVIDER: json.dumps(settings.provider()),
        }
        for config, text in told.items():
            _files(config, {f"{config}.yaml": text}, inputs.namespace, child)
        hidden = {
            "GF_SECURITY_ADMIN_PASSWORD": SecretKey(admin.metadata.name, objects.PASSWORD_KEY),
            settings.PASSWORD: SecretKey(inputs.metrics.secret, objects.PASSWORD_KEY),
        }
        account = k8s.core.v1.ServiceAccount(
            f"{name}-account",
            metadata=objects.metadata(GRAFANA_ACCOUNT, labels, inputs.namespace),
            automount_service_account_token=False,
            opts=child,
        )
        # What signs in to a team's database, the team's stack lets it read.
        teams = [Rule(api_groups=[""], resources=["namespaces"], verbs=["list"])]
        access = grant_everywhere(
            f"{name}-teams",
            f"mlplatform-{NAME}",
            labels,
            teams,
            Account(inputs.namespace, account.metadata.name),
            child,
        )
        template = pods.template(
            labels,
            [
                _container(spec, image, settings.environment(inputs.contract), hidden, boards),
                _sidecar(inputs.sidecar_image),
            ],
            [
                pods.secret_files("credentials", admin.metadata.name, [objects.USER_KEY, objects.PASSWORD_KEY]),
                pods.scratch("data", "1Gi"),
                pods.scratch("tmp", "1Gi"),
                *(pods.files(config, config) for config in told),
                *(pods.files(f"dashboard-{board}", f"dashboard-{board}") for board in boards),
            ],
            annotations={
                "mlplatform/rotation": str(spec.rotation),
                # Dashboards are read again when their files change, a minute late; these at the start alone.
                "mlplatform/config": hashlib.sha256("".join(told.values()).encode()).hexdigest()[:12],
                **metrics.annotations(PORT, settings.SOURCES_PORT),
            },
            service_account=GRAFANA_ACCOUNT,
        )
        k8s.apps.v1.Deployment(
            f"{name}-server",
            metadata=objects.metadata(NAME, labels, inputs.namespace),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                replicas=1,
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector),
                template=template,
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=access),
        )
        service = objects.service(NAME, labels, inputs.namespace, selector, PORT, child)
        entry = inputs.contract.ingress
        ingress.route(NAME, labels, inputs.namespace, entry.class_name, entry.host(NAME), service, child)
        _traffic(name, selector, inputs, child)


def _files(
    name: str,
    data: Mapping[str, str],
    namespace: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
    more: Mapping[str, str] | None = None,
) -> k8s.core.v1.ConfigMap:
    labels = {**label.labels(name, "dashboards"), **(more or {})}
    return k8s.core.v1.ConfigMap(name, metadata=objects.metadata(name, labels, namespace), data=dict(data), opts=opts)


def _container(
    spec: GrafanaSpec, image: str, plain: Mapping[str, str], hidden: Mapping[str, SecretKey], boards: list[str]
) -> k8s.core.v1.ContainerArgs:
    mounts = [
        pods.mount("data", settings.DATA),
        pods.mount("tmp", pods.TMP),
        pods.mount(DATASOURCES, f"{settings.PROVISIONING}/datasources", read_only=True),
        pods.mount(PROVIDER, f"{settings.PROVISIONING}/dashboards", read_only=True),
        *(pods.mount(f"dashboard-{board}", f"{settings.DASHBOARDS}/{board}", read_only=True) for board in boards),
    ]
    return k8s.core.v1.ContainerArgs(
        name=NAME,
        image=image,
        env=pods.environment(plain, hidden),
        ports=[k8s.core.v1.ContainerPortArgs(name="main", container_port=PORT)],
        resources=pods.resources(spec.resources),
        security_context=pods.container_security(),
        startup_probe=pods.http_probe("/api/health", period=1, failures=120),
        readiness_probe=pods.http_probe("/api/health", period=5, failures=3),
        liveness_probe=pods.http_probe("/api/health", period=20, failures=6),
        volume_mounts=mounts,
    )


def _sidecar(image: str) -> k8s.core.v1.ContainerArgs:
    return k8s.core.v1.ContainerArgs(
        name="sources",
        image=image,
        args=["grafana-sources"],
        env=pods.environment({"CREDENTIALS": settings.CREDENTIALS, "GRAFANA": f"http://127.0.0.1:{PORT}"}, {}),
        ports=[k8s.core.v1.ContainerPortArgs(name="sources", container_port=settings.SOURCES_PORT)],
        resources=pods.resources(SIDECAR_RESOURCES),
        security_context=pods.container_security(),
        startup_probe=pods.http_probe("/healthz", period=1, failures=60, port="sources"),
        readiness_probe=pods.http_probe("/healthz", period=10, failures=3, port="sources"),
        liveness_probe=pods.http_probe("/healthz", period=30, failures=3, port="sources"),
        volume_mounts=[pods.mount("credentials", settings.CREDENTIALS, read_only=True)],
    )


def _traffic(
    name: str, selector: Mapping[str, str], inputs: GrafanaInputs, opts: pulumi.ResourceOptions
) -> k8s.networking.v1.NetworkPolicy:
    """People come in; it goes to Prometheus, to the database server and, for who the teams are, to the API server."""
    ports = (traffic.port_of(inputs.metrics.url), inputs.contract.database.port, *traffic.API_PORTS)
    out = [traffic.tcp(port) for port in ports]
    return traffic.allow(
        NAME,
        f"{name}-traffic",
        inputs.namespace,
        selector,
        opts,
        into=(traffic.addresses(inputs.contract.ingress.source_ranges), [traffic.tcp(PORT)]),
        out=([], out),
    )
