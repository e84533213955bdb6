"""Exporters: the node's, the database server's, the cluster's state; and the gateway that jobs push to, if wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.foundation.contract import Contract
from components.kubernetes import labels as label
from components.kubernetes import metrics, objects, pods, secrets, traffic
from components.kubernetes.access import Account
from components.kubernetes.pods import SecretKey
from components.kubernetes.provision import Provision, ProvisionInputs
from components.kubernetes.spec import Resources
from components.platform import cluster_state, database_admin, tenancy_pod
from components.platform import monitoring_names as names
from components.platform.monitoring_spec import MonitoringSpec
from components.platform.prometheus import wide

SMALL = Resources(cpu="10m", memory="64Mi")
ROLE = "mlplatform-monitor"
"""Of the database server: it reads statistics, and nobody's data."""
DISK = "/node"
"""An empty folder of the node, whose file system is the one that fills up."""
NODE_COLLECTORS = (
    "cpu",
    "diskstats",
    "filefd",
    "filesystem",
    "loadavg",
    "meminfo",
    "pressure",
    "stat",
    "time",
    "vmstat",
)
"""What a container sees of the machine itself: its network and its mounts aren't."""
NODE_ARGUMENTS = (
    "--collector.disable-defaults",
    *(f"--collector.{name}" for name in NODE_COLLECTORS),
    f"--collector.filesystem.mount-points-include=^{DISK}$",
    "--collector.filesystem.fs-types-exclude=^$",
    "--collector.diskstats.device-exclude=^(ram|loop|fd|nbd|zram|(h|s|v|xv)d[a-z]+|nvme[0-9]+n[0-9]+p)[0-9]+$",
    "--web.disable-exporter-metrics",
    f"--web.listen-address=:{names.NODE_EXPORTER_PORT}",
)
DATABASE_ARGUMENTS = (
    # Of single tables only those of the database `postgres` would be seen, which has none.
    *(f"--no-collector.{name}" for name in ("stat_user_tables", "statio_user_tables", "replication", "wal")),
    f"--web.listen-address=:{names.POSTGRES_EXPORTER_PORT}",
)


@dataclass(frozen=True)
class ExportersInputs:
    """What they need from others."""

    contract: Contract
    namespace: pulumi.Input[str]
    image: str
    tenancy_image: str
    root_secret: pulumi.Output[str]


class Exporters(pulumi.ComponentResource):
    """A DaemonSet, Deployments, the role that watches the database server, and network policies."""

    def __init__(
        self, name: str, spec: MonitoringSpec, inputs: ExportersInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mlplatform:platform:Exporters", name, None, opts)
        self._inputs = inputs
        child = pulumi.ResourceOptions(parent=self)
        self._nodes(child)
        self._database(spec, child)
        self._cluster(spec, child)
        if spec.pushgateway:
            self._gateway(child)
        self.register_outputs({})

    def _nodes(self, opts: pulumi.ResourceOptions) -> None:
        name, port = names.NODE_EXPORTER, names.NODE_EXPORTER_PORT
        labels = label.labels(name, names.COMPONENT)
        container = self._container(name, ["prometheus-node-exporter", *NODE_ARGUMENTS], port, "/")
        container.volume_mounts = [pods.mount("node", DISK, read_only=True)]
        template = pods.template(
            labels,
            [container],
            [pods.scratch("node", "1Mi")],
            annotations=metrics.annotations(port),
            grace_seconds=5,
            everywhere=True,
        )
        k8s.apps.v1.DaemonSet(
            f"{name}-server",
            metadata=objects.metadata(name, labels, self._inputs.namespace),
            spec=k8s.apps.v1.DaemonSetSpecArgs(
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=label.selector(name, names.COMPONENT)),
                template=template,
            ),
            opts=opts,
        )

    def _database(self, spec: MonitoringSpec, opts: pulumi.ResourceOptions) -> None:
        name, port, server = names.POSTGRES_EXPORTER, names.POSTGRES_EXPORTER_PORT, self._inputs.contract.database
        labels = label.labels(name, names.COMPONENT)
        password = secrets.derive(self._inputs.root_secret, name, "database", spec.rotation)
        granted = Provision(
            f"{name}-role",
            ProvisionInputs(
                namespace=self._inputs.contract.admin_namespace,
                image=self._inputs.tenancy_image,
                command=tenancy_pod.command("monitor"),
                settings={**database_admin.settings(server), "ROLE": ROLE},
                credentials=database_admin.credentials(server),
                secrets={"ROLE_PASSWORD": password},
                rotation=spec.rotation,
            ),
            opts,
        )
        keys = objects.secret(f"{name}-keys", labels, self._inputs.namespace, {"password": password}, opts)
        container = self._container(name, ["prometheus-postgres-exporter", *DATABASE_ARGUMENTS], port, "/")
        container.env = pods.environment(
            {
                "DATA_SOURCE_URI": server.place("postgres") + ("" if server.tls else "?sslmode=disable"),
                "DATA_SOURCE_USER": ROLE,
            },
            {"DATA_SOURCE_PASS": SecretKey(keys.metadata.name, "password")},
        )
        self._deployment(
            name,
            pods.template(
                labels,
                [container],
                [],
                annotations={"mlplatform/rotation": str(spec.rotation), **metrics.annotations(port)},
                grace_seconds=5,
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[granted]),
        )
        self._out(name, [server.port], opts)

    def _cluster(self, spec: MonitoringSpec, opts: pulumi.ResourceOptions) -> None:
        name = names.CLUSTER_STATE
        labels = label.labels(name, names.COMPONENT)
        account = k8s.core.v1.ServiceAccount(
            f"{name}-account",
            metadata=objects.metadata(name, labels, self._inputs.namespace),
            automount_service_account_token=False,
            opts=opts,
        )
        access = wide(name, labels, cluster_state.rules(), Account(self._inputs.namespace, account.metadata.name), opts)
        self._deployment(
            name,
            pods.template(
                labels,
                cluster_state.containers(spec.cluster_state, self._inputs.image),
                [],
                annotations=metrics.annotations(*cluster_state.ports(spec.cluster_state)),
                service_account=name,
                grace_seconds=5,
            ),
            pulumi.ResourceOptions(parent=self, depends_on=access),
        )
        self._out(name, list(traffic.API_PORTS), opts)

    def _gateway(self, opts: pulumi.ResourceOptions) -> None:
        name, port = names.PUSHGATEWAY, names.PUSHGATEWAY_PORT
        labels, selector = label.labels(name, names.COMPONENT), label.selector(name, names.COMPONENT)
        command = ["prometheus-pushgateway", f"--web.listen-address=:{port}"]
        container = self._container(name, command, port, "/-/healthy")
        self._deployment(
            name, pods.template(labels, [container], [], annotations=metrics.annotations(port), grace_seconds=5), opts
        )
        objects.service(name, labels, self._inputs.namespace, selector, port, opts)
        traffic.allow(
            name,
            f"{name}-traffic",
            self._inputs.namespace,
            selector,
            opts,
            into=([traffic.platform_pods()], [traffic.tcp(port)]),
        )

    def _container(self, name: str, command: Sequence[str], port: int, health: str) -> k8s.core.v1.ContainerArgs:
        return k8s.core.v1.ContainerArgs(
            name=name,
            image=self._inputs.image,
            command=list(command),
            ports=[k8s.core.v1.ContainerPortArgs(name="main", container_port=port)],
            resources=pods.resources(SMALL),
            security_context=pods.container_security(),
            startup_probe=pods.http_probe(health, period=1, failures=60),
            readiness_probe=pods.http_probe(health, period=10, failures=3),
            liveness_probe=pods.http_probe(health, period=30, failures=3),
        )

    def _deployment(
        self, name: str, template: k8s.core.v1.PodTemplateSpecArgs, opts: pulumi.ResourceOptions
    ) -> k8s.apps.v1.Deployment:
        labels, selector = label.labels(name, names.COMPONENT), label.selector(name, names.COMPONENT)
        return k8s.apps.v1.Deployment(
            f"{name}-server",
            metadata=objects.metadata(name, labels, self._inputs.namespace),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                replicas=1,
                # Never two: the same series would come from both.
                strategy=k8s.apps.v1.DeploymentStrategyArgs(type="Recreate"),
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector),
                template=template,
            ),
            opts=opts,
        )

    def _out(self, name: str, ports: list[int], opts: pulumi.ResourceOptions) -> None:
        traffic.allow(
            name,
            f"{name}-traffic",
            self._inputs.namespace,
            label.selector(name, names.COMPONENT),
            opts,
            out=([], [traffic.tcp(port) for port in ports]),
        )
