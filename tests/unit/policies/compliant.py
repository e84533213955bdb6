"""A stack that keeps to every rule, and a way to break one field of it."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from typing import Any

from policies.resource import Resource

NAMESPACE = "team-search"
IMAGE = f"100.64.0.1:5000/mlplatform/git@sha256:{'0' * 64}"
GONE: Any = object()
"""In place of a value: the field isn't there."""
Path = tuple[str | int, ...]


def _container() -> dict[str, Any]:
    return {
        "name": "main",
        "image": IMAGE,
        "command": ["serve", "--database=postgres://search@postgres:5432/search"],
        "env": [
            {"name": "PASSWORD_FILE", "value": "/run/secrets/password"},
            {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "password"}}},
        ],
        "ports": [{"name": "main", "containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "main"}},
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }


def _pod() -> dict[str, Any]:
    return {
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
        "initContainers": [_container() | {"name": "first"}],
        "containers": [_container()],
        "volumes": [
            {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}},
            {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
        ],
    }


def _metadata(name: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": NAMESPACE, **more}}


def _job() -> dict[str, Any]:
    return {"activeDeadlineSeconds": 600, "template": {"spec": _pod()}}


MANIFESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "namespace": (
        "core/v1:Namespace",
        {
            "metadata": {
                "name": NAMESPACE,
                "labels": {"mlplatform.dev/team": "search", "pod-security.kubernetes.io/enforce": "restricted"},
            }
        },
    ),
    "quota": (
        "core/v1:ResourceQuota",
        _metadata("quota")
        | {"spec": {"hard": {"requests.cpu": "4", "requests.memory": "8Gi", "pods": 40, "requests.storage": "10Gi"}}},
    ),
    "network": (
        "networking.k8s.io/v1:NetworkPolicy",
        _metadata("ingress") | {"spec": {"podSelector": {}, "policyTypes": ["Ingress"]}},
    ),
    "claim": ("core/v1:PersistentVolumeClaim", _metadata("data") | {"spec": {"accessModes": ["ReadWriteOnce"]}}),
    "deployment": (
        "apps/v1:Deployment",
        _metadata("git") | {"spec": {"strategy": {"type": "Recreate"}, "template": {"spec": _pod()}}},
    ),
    "job": ("batch/v1:Job", _metadata("prepare") | {"spec": _job()}),
    "cron": ("batch/v1:CronJob", _metadata("nightly") | {"spec": {"jobTemplate": {"spec": _job()}}}),
    "settings": (
        "core/v1:ConfigMap",
        _metadata("settings")
        | {"data": {"address": "http://mlflow:5000", "pod.yaml": json.dumps({"kind": "Pod", "spec": _pod()})}},
    ),
    "role": (
        "rbac.authorization.k8s.io/v1:Role",
        _metadata("reader") | {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]},
    ),
    "binding": (
        "rbac.authorization.k8s.io/v1:RoleBinding",
        _metadata("reader")
        | {
            "roleRef": {"name": "reader"},
            "subjects": [{"kind": "ServiceAccount", "name": "airflow", "namespace": NAMESPACE}],
        },
    ),
}
"""By a name for tests: type without its provider, manifest."""


def resource(name: str) -> Resource:
    """One of them."""
    kind, manifest = MANIFESTS[name]
    return Resource(f"kubernetes:{kind}", name, copy.deepcopy(manifest), f"urn:{name}")


def stack() -> list[Resource]:
    """All of them."""
    return [Resource("mlplatform:team:Team", "search"), *map(resource, MANIFESTS)]


def broken(name: str, path: Path, value: Any) -> list[Resource]:
    """All of them, with one field of one changed.

    Args:
        name: Which.
        path: To the field.
        value: Its new value; `GONE` if it has none.
    """
    changed = resource(name)
    _change(changed.props, path, value)
    return [changed if one.name == name else one for one in stack()]


def template(path: Path, value: Any) -> Sequence[Resource]:
    """All of them, with one field changed of the pod that lies in the ConfigMap."""
    pod = json.loads(MANIFESTS["settings"][1]["data"]["pod.yaml"])
    _change(pod, path, value)
    return broken("settings", ("data", "pod.yaml"), json.dumps(pod))


def _change(parent: Any, path: Path, value: Any) -> None:
    for step in path[:-1]:
        parent = parent[step]
    if value is GONE:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
