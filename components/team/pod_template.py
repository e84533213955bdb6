"""The pod of a task, as the KubernetesExecutor reads it from a file: restricted, by digest.

It has no API token, unless the team serves models: then one that may tell these of a new version, and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from components.kubernetes import labels as label
from components.kubernetes import pods, restricted
from components.kubernetes.spec import Resources
from components.team.names import FEATURE_KEYS, WORKER, WORKER_KEYS

CONTAINER = "base"
"""The name that Airflow looks for."""
SCRATCH = "4Gi"
GRACE_SECONDS = 30
TOKEN = "token"  # noqa: S105 - a volume
TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105 - a path
TOKEN_SECONDS = 3600


def pod(
    namespace: str,
    image: str,
    resources: Resources,
    environment: Mapping[str, str],
    *,
    token: bool = False,
    features: bool = False,
) -> dict[str, Any]:
    """A Pod, whose `args` the executor adds.

    Args:
        namespace: The team's.
        image: By digest. A task may choose another of ours by `pod_override`.
        resources: What it keeps free and, of memory, can't exceed.
        environment: Its variables that aren't secret; the others are Secret worker-keys.
        token: Whether it gets one of its service account.
        features: Whether it gets what opens the team's features.
    """
    labels = label.labels(WORKER, "task")
    # MLP_IMAGE: so that what a task records can say which image it ran in.
    variables = {**environment, "MLP_IMAGE": image}
    volumes: list[dict[str, Any]] = [{"name": "tmp", "emptyDir": {"sizeLimit": SCRATCH}}]
    mounts: list[dict[str, Any]] = [{"name": "tmp", "mountPath": pods.TMP}]
    if token:
        volumes.append(token_volume())
        mounts.append({"name": TOKEN, "mountPath": TOKEN_PATH, "readOnly": True})
    container = {
        "name": CONTAINER,
        "image": image,
        "env": [{"name": name, "value": value} for name, value in sorted(variables.items())],
        "envFrom": [{"secretRef": {"name": name}} for name in (WORKER_KEYS, *([FEATURE_KEYS] if features else []))],
        "resources": {
            "requests": {"cpu": resources.cpu, "memory": resources.memory},
            "limits": {"memory": resources.memory},
        },
        "securityContext": restricted.container_security(),
        "volumeMounts": mounts,
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": WORKER, "namespace": namespace, "labels": labels},
        "spec": restricted.task([container], volumes, account=WORKER, grace_seconds=GRACE_SECONDS),
    }


def token_volume() -> dict[str, Any]:
    """What Kubernetes would mount by itself, for a container alone that is meant to have it."""
    certificate = {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    sources = [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": TOKEN_SECONDS}},
        {"configMap": certificate},
        {"downwardAPI": {"items": [namespace]}},
    ]
    return {"name": TOKEN, "projected": {"defaultMode": 0o444, "sources": sources}}


def text(template: Mapping[str, Any]) -> str:
    """The file. JSON is YAML, and has one way to write each text."""
    return json.dumps(template, indent=2) + "\n"
