"""What the parts of monitoring are called, and where they answer."""

from __future__ import annotations

NAMESPACE = "mlp-platform"
USER = "admin"

PROMETHEUS, PROMETHEUS_PORT = "prometheus", 9090
ALERTMANAGER, ALERTMANAGER_PORT = "alertmanager", 9093
ROUTES_PORT = 9095
NODE_EXPORTER, NODE_EXPORTER_PORT = "node-exporter", 9100
POSTGRES_EXPORTER, POSTGRES_EXPORTER_PORT = "postgres-exporter", 9187
CLUSTER_STATE, CLUSTER_STATE_PORT, OURS_PORT = "cluster-state", 8080, 8081
PUSHGATEWAY, PUSHGATEWAY_PORT = "pushgateway", 9091
JOBS = (
    PROMETHEUS,
    ALERTMANAGER,
    NODE_EXPORTER,
    POSTGRES_EXPORTER,
    CLUSTER_STATE,
    PUSHGATEWAY,
    "apiserver",
    "kubelet",
)
"""Whom rules believe by their name."""
COMPONENT = "monitoring"
"""Label of all of it."""

CONFIG = "/etc/prometheus"
"""Where Prometheus' configuration and rules are mounted."""
DATA = "/data"
CREDENTIALS = "/run/secrets/web"
"""Where the Secret with user and password of the pod's own server is mounted."""


def secret(tool: str) -> str:
    """The Secret with user and password of Prometheus or Alertmanager."""
    return f"{tool}-admin"
