"""Monitoring: Prometheus, Alertmanager, exporters."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.foundation.contract import Contract
from components.kubernetes import labels as label
from components.kubernetes import objects, traffic
from components.platform import monitoring_names as names
from components.platform.alertmanager import Alertmanager, AlertmanagerInputs
from components.platform.exporters import Exporters, ExportersInputs
from components.platform.monitoring_spec import MonitoringSpec
from components.platform.prometheus import Prometheus, PrometheusInputs


@dataclass(frozen=True)
class MonitoringInputs:
    """What it needs from others."""

    contract: Contract
    namespace: pulumi.Input[str]
    image: str
    """Of monitoring: Debian's programs and ours."""
    tenancy_image: str
    root_secret: pulumi.Output[str]


class Monitoring(pulumi.ComponentResource):
    """All of it; `addresses` and `credentials` are for people, by tool."""

    addresses: dict[str, str]
    credentials: dict[str, dict[str, str]]

    def __init__(
        self, name: str, spec: MonitoringSpec, inputs: MonitoringInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mlplatform:platform:Monitoring", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        alertmanager = Alertmanager(
            names.ALERTMANAGER,
            spec,
            AlertmanagerInputs(inputs.contract, inputs.namespace, inputs.image, inputs.root_secret),
            child,
        )
        prometheus = Prometheus(
            names.PROMETHEUS,
            spec,
            PrometheusInputs(
                inputs.contract, inputs.namespace, inputs.image, inputs.root_secret, alertmanager.secret_name
            ),
            child,
        )
        Exporters(
            "exporters",
            spec,
            ExportersInputs(inputs.contract, inputs.namespace, inputs.image, inputs.tenancy_image, inputs.root_secret),
            child,
        )
        _metrics_traffic(inputs.namespace, child)
        self.addresses = {names.PROMETHEUS: prometheus.address, names.ALERTMANAGER: alertmanager.address}
        self.credentials = {
            tool: {
                "namespace": names.NAMESPACE,
                "secret": names.secret(tool),
                "user_key": objects.USER_KEY,
                "password_key": objects.PASSWORD_KEY,
            }
            for tool in (names.PROMETHEUS, names.ALERTMANAGER)
        }
        self.register_outputs({"addresses": self.addresses})


def _metrics_traffic(namespace: pulumi.Input[str], opts: pulumi.ResourceOptions) -> k8s.networking.v1.NetworkPolicy:
    """Prometheus reaches every pod of its namespace: which ports have metrics, annotations say."""
    selector = label.selector(names.PROMETHEUS, names.COMPONENT)
    peer = traffic.Peer(pod_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector))
    return traffic.allow("metrics", "metrics-traffic", namespace, {}, opts, into=([peer], []))
