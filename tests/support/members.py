"""A service account that may do in a team's namespace all that anybody can be allowed to do there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.cluster import Cluster
from tests.support.service_account import ServiceAccount

NAME = "e2e-member"
RBAC = "rbac.authorization.k8s.io"


def member(cluster: Cluster, namespace: str, folder: Path) -> ServiceAccount:
    """Make it, if it isn't there: Kubernetes' own role `admin` in that namespace, and its Tenant besides."""
    tenants = {"apiGroups": ["mlplatform.dev"], "resources": ["tenants"], "verbs": ["*"]}
    objects = [
        _thing("v1", "ServiceAccount", NAME, namespace),
        _thing(f"{RBAC}/v1", "Role", NAME, namespace, rules=[tenants]),
        _binding(NAME, namespace, "Role", NAME),
        _binding(f"{NAME}-admin", namespace, "ClusterRole", "admin"),
    ]
    cluster.kubectl("apply", "-f", "-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    return ServiceAccount(cluster, namespace, NAME, folder)


def _binding(name: str, namespace: str, kind: str, role: str) -> dict[str, Any]:
    return _thing(
        f"{RBAC}/v1",
        "RoleBinding",
        name,
        namespace,
        roleRef={"apiGroup": RBAC, "kind": kind, "name": role},
        subjects=[{"kind": "ServiceAccount", "name": NAME, "namespace": namespace}],
    )


def _thing(version: str, kind: str, name: str, namespace: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}, **fields}
