"""The Job that makes definitions the project's, as `mlp features apply` takes it; it adds a name and the files."""

from __future__ import annotations

from typing import Any

from components.kubernetes import labels as label
from components.kubernetes import pods, restricted
from components.kubernetes.spec import Resources
from components.team.feature_names import CLIENT_FILE, FILES, FOLDER
from components.team.names import FEATURE_KEYS, FEATURE_STORE, WORKER_KEYS

NAME = "features-apply"
CONTAINER = "apply"
MINUTES = 10


def job(namespace: str, image: str, resources: Resources) -> dict[str, Any]:
    """The Job. What is applied once is: a definition that is refused is refused again."""
    labels = label.labels(NAME, "job")
    container = {
        "name": CONTAINER,
        "image": image,
        "args": ["apply", FILES],
        "env": [{"name": "FEAST_FS_YAML_FILE_PATH", "value": f"{FOLDER}/{CLIENT_FILE}"}],
        "envFrom": [{"secretRef": {"name": name}} for name in (WORKER_KEYS, FEATURE_KEYS)],
        "resources": {
            "requests": {"cpu": resources.cpu, "memory": resources.memory},
            "limits": {"memory": resources.memory},
        },
        "securityContext": restricted.container_security(),
        "volumeMounts": [
            {"name": "tmp", "mountPath": pods.TMP},
            {"name": "config", "mountPath": FOLDER, "readOnly": True},
            {"name": "files", "mountPath": FILES, "readOnly": True},
        ],
    }
    volumes = [
        {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
        {"name": "config", "configMap": {"name": FEATURE_STORE}},
        {"name": "files", "configMap": {"name": NAME}},
    ]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": NAME, "namespace": namespace, "labels": labels},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": MINUTES * 60,
            "ttlSecondsAfterFinished": 3600,
            "template": {
                "metadata": {"labels": labels},
                "spec": restricted.task([container], volumes, grace_seconds=5),
            },
        },
    }
