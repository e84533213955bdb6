"""The pod of a notebook: restricted, under the team's service account, with the team's things and a person's home."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .directory import Profile, Team

USER = 10001
HOME = "/home/mlp"
SHARED = f"{HOME}/shared"
TMP = "/tmp"  # noqa: S108 - an emptyDir of the pod alone
PORT = 8888
TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105 - a path
TOKEN_SECONDS = 3600
SCRATCH = "4Gi"
API_TOKENS = ("JUPYTERHUB_API_TOKEN", "JPY_API_TOKEN")
"""What the hub gives a notebook to prove itself with, by its name today and the one before."""
LABELS = {"app.kubernetes.io/name": "notebook", "app.kubernetes.io/part-of": "mlplatform"}
OWN = {"POD_IP": "status.podIP", "POD_NAME": "metadata.name", "POD_NAMESPACE": "metadata.namespace"}
SECCOMP = {"type": "RuntimeDefault"}


def security() -> dict[str, Any]:
    """Of the pod."""
    return {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": SECCOMP,
    }


def container_security() -> dict[str, Any]:
    """Of its container."""
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": SECCOMP,
    }


def volumes(team: Team, home: str) -> list[dict[str, Any]]:
    """Home, what the team shares, room for what goes with the pod, the token of its account, and the team's files."""
    sources = [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": TOKEN_SECONDS}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
    ]
    return [
        {"name": "home", "persistentVolumeClaim": {"claimName": home}},
        {"name": "shared", "persistentVolumeClaim": {"claimName": team.shared_claim}},
        {"name": "tmp", "emptyDir": {"sizeLimit": SCRATCH}},
        {"name": "token", "projected": {"sources": sources}},
        *(
            {"name": f"files-{index}", "configMap": {"name": name, "optional": True}}
            for index, name in enumerate(team.files.values())
        ),
    ]


def mounts(team: Team) -> list[dict[str, Any]]:
    """Where they are."""
    return [
        {"name": "home", "mountPath": HOME},
        {"name": "shared", "mountPath": SHARED},
        {"name": "tmp", "mountPath": TMP},
        {"name": "token", "mountPath": TOKEN_PATH, "readOnly": True},
        *({"name": f"files-{index}", "mountPath": folder, "readOnly": True} for index, folder in enumerate(team.files)),
    ]


def environment(team: Team, profile: Profile) -> dict[str, Any]:
    """Plain variables, and what the pod is told of itself."""
    own = {name: {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}} for name, path in OWN.items()}
    return {**team.environment, "HOME": HOME, "MLP_TEAM": team.name, "MLP_IMAGE": profile.image, **own}


def report_seconds(idle_seconds: int) -> int:
    """How often a notebook says when it was last used: several times before it would be stopped."""
    return max(5, min(300, idle_seconds // 4))


def from_secrets(team: Team) -> list[dict[str, Any]]:
    """Variables that the kubelet reads from the team's Secrets."""
    needed = [{"secretRef": {"name": name}} for name in team.secrets]
    return [*needed, *({"secretRef": {"name": name, "optional": True}} for name in team.optional_secrets)]


def hide_tokens(variables: Mapping[str, Any], secret: str) -> tuple[dict[str, Any], str]:
    """The environment with the hub's token by reference, and the token: who may see pods can't be who they are of."""
    shown = {name: value for name, value in variables.items() if name not in API_TOKENS}
    reference = {"secretKeyRef": {"name": secret, "key": "token"}}
    hidden = {name: {"name": name, "valueFrom": reference} for name in API_TOKENS if name in variables}
    return {**shown, **hidden}, next(str(variables[name]) for name in API_TOKENS if name in variables)


def owner(group: str, team: Team) -> dict[str, str]:
    """The team's object: Kubernetes removes what it owns with it, whether the hub still may or not."""
    return {"apiVersion": f"{group}/v1", "kind": "NotebookTeam", "name": team.namespace, "uid": team.uid}


def token_secret(name: str, person: str, token: str, owner: Mapping[str, str]) -> dict[str, Any]:
    """What the reference leads to."""
    labels = {**LABELS, "app.kubernetes.io/component": "token"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "labels": labels,
            "annotations": {"hub.jupyter.org/username": person},
            "ownerReferences": [dict(owner)],
        },
        "type": "Opaque",
        "stringData": {"token": token},
    }


def kernel_arguments(idle_seconds: int) -> list[str]:
    """Kernels end before their notebook does, also where a browser's tab is still open."""
    manager = "--MappingKernelManager"
    return [
        f"{manager}.cull_idle_timeout={idle_seconds}",
        f"{manager}.cull_interval={max(1, min(60, idle_seconds // 2))}",
        f"{manager}.cull_connected=True",
    ]
