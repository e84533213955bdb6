"""What a team's stack makes where `alerts.webhook` is set; a unit test compares the two."""

from __future__ import annotations

from typing import Any

from components.team.alerts import WANTED
from components.team.names import ALERT_ROUTE

PLATFORM = "mlp-platform"


def routed(team: str, url: str) -> list[dict[str, Any]]:
    """Of a team: its namespace, and where its alerts go."""
    where = {"name": ALERT_ROUTE, "namespace": team}
    group = "rbac.authorization.k8s.io"
    rule = {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": [ALERT_ROUTE], "verbs": ["get"]}
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {**where, "labels": {WANTED: "true"}},
            "data": {"webhook": url},
        },
        {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": where, "rules": [rule]},
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": where,
            "roleRef": {"apiGroup": group, "kind": "Role", "name": ALERT_ROUTE},
            "subjects": [{"kind": "ServiceAccount", "name": "alertmanager", "namespace": PLATFORM}],
        },
    ]
