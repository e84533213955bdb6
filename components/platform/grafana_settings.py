"""What Grafana is told: its environment, where metrics are, and where dashboards lie. Pure functions."""

from __future__ import annotations

from typing import Any

from components.foundation.contract import Contract

NAME = "grafana"
PORT = 3000
SOURCES_PORT = 9096
"""Of the sidecar that gives it teams' databases."""
CREDENTIALS = "/run/secrets/grafana"
"""Where the sidecar finds Grafana's own password."""
ADMIN = "admin"
DATA = "/data"
PROVISIONING = "/etc/grafana/provisioning"
DASHBOARDS = "/dashboards"
PASSWORD = "PROMETHEUS_PASSWORD"  # noqa: S105 - the name of a variable, not its value
SCRAPE = "15s"
"""How often Prometheus asks most pods: windows of rates are at least four times as long."""


def environment(contract: Contract) -> dict[str, str]:
    """Grafana's settings. It asks nobody outside of the cluster for anything, and nobody can sign up."""
    return {
        "GF_SERVER_HTTP_PORT": str(PORT),
        "GF_SERVER_ROOT_URL": contract.ingress.address(NAME),
        "GF_PATHS_DATA": DATA,
        "GF_PATHS_LOGS": f"{DATA}/log",
        "GF_PATHS_PLUGINS": f"{DATA}/plugins",
        "GF_PATHS_PROVISIONING": PROVISIONING,
        "GF_LOG_MODE": "console",
        "GF_SECURITY_ADMIN_USER": ADMIN,
        "GF_SECURITY_DISABLE_GRAVATAR": "true",
        "GF_SECURITY_COOKIE_SAMESITE": "strict",
        "GF_USERS_ALLOW_SIGN_UP": "false",
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
        "GF_PLUGINS_PREINSTALL_DISABLED": "true",
        "GF_NEWS_NEWS_FEED_ENABLED": "false",
        "GF_SNAPSHOTS_EXTERNAL_ENABLED": "false",
        "GF_METRICS_ENABLED": "true",
    }


def datasources(url: str, user: str) -> dict[str, Any]:
    """Prometheus, whose password Grafana takes from its own environment."""
    return {
        "apiVersion": 1,
        "prune": True,
        "datasources": [
            {
                "name": "Prometheus",
                "uid": "prometheus",
                "type": "prometheus",
                "access": "proxy",
                "url": url,
                "isDefault": True,
                "editable": False,
                "basicAuth": True,
                "basicAuthUser": user,
                "secureJsonData": {"basicAuthPassword": f"${PASSWORD}"},
                "jsonData": {"timeInterval": SCRAPE, "httpMethod": "POST"},
            }
        ],
    }


def provider() -> dict[str, Any]:
    """Dashboards as files, which nobody changes in Grafana: they would be lost with the pod."""
    return {
        "apiVersion": 1,
        "providers": [
            {
                "name": "mlplatform",
                "type": "file",
                "folder": "mlplatform",
                "allowUiUpdates": False,
                "disableDeletion": True,
                "options": {"path": DASHBOARDS},
            }
        ],
    }
