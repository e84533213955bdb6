"""Prometheus: a StatefulSet of one with its volume, configuration, rules, rights, and a password in front."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components import versions
from components.foundation.contract import Contract
from components.kubernetes import ingress, objects, pods, secrets, traffic
from components.kubernetes import labels as label
from components.kubernetes.access import API_GROUP, Account, Rule
from components.kubernetes.validators import size_in_bytes
from components.platform import monitoring_names as names
from components.platform import prometheus_scrape
from components.platform.monitoring_names import PROMETHEUS as NAME
from components.platform.monitoring_names import PROMETHEUS_PORT as PORT
from components.platform.monitoring_spec import MonitoringSpec
from components.platform.rules import GROUPS, render

RESEND = "15s"
"""Alertmanager learns of an alert that still fires when it is sent again: after a kill, so late at most."""
FOLDERS = {tool: f"/run/secrets/{tool}" for tool in (names.PROMETHEUS, names.ALERTMANAGER)}


@dataclass(frozen=True)
class PrometheusInputs:
    """What it needs from others."""

    contract: Contract
    namespace: pulumi.Input[str]
    image: str
    root_secret: pulumi.Output[str]
    alertmanager_secret: pulumi.Input[str]


def files() -> dict[str, str]:
    """Configuration, rules and their cases (which `promtool test rules` reads where it is mounted). JSON is YAML."""
    made = {"prometheus.yml": prometheus_scrape.config(FOLDERS)}
    for group in GROUPS:
        made[render.file_name(group)] = render.rules(group)
        made[render.cases_name(group)] = render.cases(group)
    return {name: json.dumps(content) + "\n" for name, content in made.items()}


def arguments(spec: MonitoringSpec, address: str) -> list[str]:
    """How it runs. Four fifths of the volume hold blocks; the rest is for what is being written."""
    size = int(size_in_bytes(spec.prometheus.storage) * 4 // 5 // 2**20)
    return [
        NAME,
        f"--config.file={names.CONFIG}/prometheus.yml",
        f"--storage.tsdb.path={names.DATA}",
        f"--storage.tsdb.retention.time={spec.prometheus.retention}",
        f"--storage.tsdb.retention.size={size}MB",
        "--storage.tsdb.wal-compression",
        f"--rules.alert.resend-delay={RESEND}",
        f"--web.external-url={address}",
        "--web.route-prefix=/",
        f"--web.listen-address=:{PORT}",
        "--log.level=info",
    ]


def rules_of_account() -> list[Rule]:
    """Pods and nodes are found, and kubelets and the API server asked for metrics. Nothing is changed or read else."""
    return [
        Rule(api_groups=[""], resources=["pods", "nodes"], verbs=["get", "list", "watch"]),
        Rule(api_groups=[""], resources=["nodes/metrics"], verbs=["get"]),
        Rule(non_resource_urls=["/metrics"], verbs=["get"]),
    ]


class Prometheus(pulumi.ComponentResource):
    """The server; `address` and `secret` are for people."""

    address: str
    secret: str

    def __init__(
        self, name: str, spec: MonitoringSpec, inputs: PrometheusInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mlplatform:platform:Prometheus", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        labels, selector = (
            label.labels(NAME, names.COMPONENT, versions.PROMETHEUS),
            label.selector(NAME, names.COMPONENT),
        )
        self.secret = names.secret(NAME)
        password = secrets.derive(inputs.root_secret, NAME, "admin", spec.rotation)
        admin = objects.secret(
            self.secret, labels, inputs.namespace, {"username": names.USER, "password": password}, child
        )
        content = files()
        config = k8s.core.v1.ConfigMap(
            f"{name}-config",
            metadata=objects.metadata(f"{name}-config", labels, inputs.namespace),
            data=content,
            opts=child,
        )
        access = _access(name, labels, inputs.namespace, child)
        volume = objects.claim(
            f"{name}-data", labels, inputs.namespace, inputs.contract.storage.rwo, spec.prometheus.storage, child
        )
        service = objects.service(name, labels, inputs.namespace, selector, PORT, child)
        entry = inputs.contract.ingress
        self.address = entry.address(NAME)
        ingress.route(name, labels, inputs.namespace, entry.class_name, entry.host(NAME), service, child)
        template = pods.template(
            labels,
            [_container(spec, inputs.image, self.address)],
            [
                pods.claimed("data", volume.metadata.name),
                pods.files("config", config.metadata.name),
                pods.secret_files(NAME, admin.metadata.name, ["username", "password"]),
                pods.secret_files(names.ALERTMANAGER, inputs.alertmanager_secret, ["password"]),
                pods.scratch("tmp", "64Mi"),
            ],
            annotations={"mlplatform/rotation": str(spec.rotation), "mlplatform/config": _hash(content)},
            service_account=NAME,
            grace_seconds=60,
        )
        objects.single_server(
            name, labels, inputs.namespace, selector, template, pulumi.ResourceOptions(parent=self, depends_on=access)
        )
        _traffic(name, selector, inputs, child)
        self.register_outputs({"address": self.address})


def _hash(content: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(content), sort_keys=True).encode()).hexdigest()[:12]


def _container(spec: MonitoringSpec, image: str, address: str) -> k8s.core.v1.ContainerArgs:
    def probe(path: str, period: int, failures: int) -> k8s.core.v1.ProbeArgs:
        return asks(PORT, path, period, failures)

    return k8s.core.v1.ContainerArgs(
        name=NAME,
        image=image,
        args=arguments(spec, address),
        env=pods.environment({"CREDENTIALS": FOLDERS[NAME]}, {}),
        ports=[k8s.core.v1.ContainerPortArgs(name="main", container_port=PORT)],
        resources=pods.resources(spec.prometheus.resources),
        security_context=pods.container_security(),
        # What was written last is read again at each start.
        startup_probe=probe("/-/ready", 2, 300),
        readiness_probe=probe("/-/ready", 10, 3),
        liveness_probe=probe("/-/healthy", 30, 6),
        volume_mounts=[
            pods.mount("data", names.DATA),
            pods.mount("config", names.CONFIG, read_only=True),
            *(pods.mount(tool, folder, read_only=True) for tool, folder in FOLDERS.items()),
            pods.mount("tmp", pods.TMP),
        ],
    )


def asks(port: int, path: str, period: int, failures: int) -> k8s.core.v1.ProbeArgs:
    """Asks a server that wants a password: by a program of the image, because a probe can't hold one."""
    return k8s.core.v1.ProbeArgs(
        exec_=k8s.core.v1.ExecActionArgs(command=["ask", str(port), path]),
        period_seconds=period,
        timeout_seconds=pods.PROBE_SECONDS,
        failure_threshold=failures,
    )


def _access(
    name: str, labels: Mapping[str, str], namespace: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    account = k8s.core.v1.ServiceAccount(
        f"{name}-account",
        metadata=objects.metadata(NAME, labels, namespace),
        automount_service_account_token=False,
        opts=opts,
    )
    return [account, *wide(name, labels, rules_of_account(), Account(namespace, account.metadata.name), opts)]


def wide(
    name: str, labels: Mapping[str, str], rules: list[Rule], account: Account, opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """Rights in all namespaces."""
    role = k8s.rbac.v1.ClusterRole(
        f"{name}-cluster-role", metadata=objects.metadata(f"{names.NAMESPACE}-{name}", labels), rules=rules, opts=opts
    )
    return [
        role,
        k8s.rbac.v1.ClusterRoleBinding(
            f"{name}-cluster-binding",
            metadata=objects.metadata(f"{names.NAMESPACE}-{name}", labels),
            role_ref=k8s.rbac.v1.RoleRefArgs(api_group=API_GROUP, kind="ClusterRole", name=role.metadata.name),
            subjects=account.subjects,
            opts=opts,
        ),
    ]


def _traffic(
    name: str, selector: Mapping[str, str], inputs: PrometheusInputs, opts: pulumi.ResourceOptions
) -> k8s.networking.v1.NetworkPolicy:
    """It asks every pod, kubelet and the API server: where, annotations say. People and dashboards ask it."""
    people = traffic.addresses(inputs.contract.ingress.source_ranges)
    return traffic.allow(
        name,
        f"{name}-traffic",
        inputs.namespace,
        selector,
        opts,
        into=([traffic.platform_pods(), *people], [traffic.tcp(PORT)]),
        out=([], []),
    )
