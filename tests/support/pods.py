"""A pod as team namespaces want it, to be spoilt in one point."""

from __future__ import annotations

from typing import Any

from tests.support.cluster import Cluster


def image_of(cluster: Cluster, team: str) -> str:
    """An image that may run there: that of the team's Airflow, by digest."""
    template = cluster.get("deployment", "-n", team, "airflow")["spec"]["template"]
    return str(template["spec"]["containers"][0]["image"])


def running(cluster: Cluster, namespace: str, name: str) -> str:
    """A pod that runs of a Deployment."""
    selector = ("-l", f"app.kubernetes.io/name={name}", "--field-selector=status.phase=Running")
    return str(cluster.items("pods", "-n", namespace, *selector)[0]["metadata"]["name"])


def container(image: str, name: str = "main", **changes: Any) -> dict[str, Any]:
    """A container that ends at once."""
    return {
        "name": name,
        "image": image,
        "command": ["true"],
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"cpu": "100m", "memory": "64Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
    } | changes


def pod(namespace: str, name: str, containers: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """A pod that pod security's strictest level takes, with other fields of its spec."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": containers,
        }
        | changes,
    }
