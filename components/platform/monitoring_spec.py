"""The spec of monitoring."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from components.kubernetes.spec import Resources, Spec
from components.kubernetes.vocabulary import Duration, Flag, ImageReference, Rotation, Size, WebhookUrl
from components.platform.grafana_spec import GrafanaSpec


class PrometheusSpec(Spec):
    """Where metrics are kept, and rules evaluated."""

    storage: Size = "5Gi"
    """Size of its volume. Four fifths of it are used: what is oldest goes first. It can grow only if the storage class
    lets volumes grow."""

    retention: Annotated[Duration, Field(examples=["15d"])] = "15d"
    """How long metrics are kept if there is room."""

    resources: Resources = Resources(cpu="50m", memory="512Mi")
    """Some 20,000 series take about 100 MB; each 10,000 more take 40 MB."""


class PlatformAlertsSpec(Spec):
    """Who is told of all alerts."""

    webhook: WebhookUrl | None = None
    """Address that Alertmanager posts every alert to, teams' ones too. Nobody by default: alerts are then seen at
    alertmanager.<base_domain> alone."""


class ClusterStateSpec(Spec):
    """Who says what there is in the cluster."""

    image: ImageReference | None = None
    """Image of kube-state-metrics, by digest, where it can be pulled. By default an exporter of ours gives the part of
    its metrics that rules and dashboards use, under the same names."""


class MonitoringSpec(Spec):
    """Metrics, alerts and who is told of them."""

    prometheus: PrometheusSpec = PrometheusSpec()
    """Metrics and rules."""

    alerts: PlatformAlertsSpec = PlatformAlertsSpec()
    """Who is told. Teams say in their own specs where theirs go besides."""

    cluster_state: ClusterStateSpec = ClusterStateSpec()
    """Metrics of pods, workloads, nodes and quotas."""

    grafana: GrafanaSpec = GrafanaSpec()
    """Where dashboards are looked at."""

    pushgateway: Flag = False
    """Whether there is a gateway that jobs push metrics to before they end. No by default: runs have
    MLflow for that."""

    rotation: Rotation = 1
    """Raise it to change the passwords of Prometheus, Alertmanager and the role that watches the database server."""
