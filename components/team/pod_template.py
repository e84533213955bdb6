"""The pod of a task, as the KubernetesExecutor reads it from a file: restricted, by digest, without an API token."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from components.kubernetes import labels as label
from components.kubernetes import pods, restricted
from components.kubernetes.spec import Resources
from components.team.names import WORKER, WORKER_KEYS

CONTAINER = "base"
"""The name that Airflow looks for."""
SCRATCH = "4Gi"
GRACE_SECONDS = 30


def pod(namespace: str, image: str, resources: Resources, environment: Mapping[str, str]) -> dict[str, Any]:
    """A Pod, whose `args` the executor adds.

    Args:
        namespace: The team's.
        image: By digest. A task may choose another of ours by `pod_override`.
        resources: What it keeps free and, of memory, can't exceed.
        environment: Its variables that aren't secret; the others are Secret worker-keys.
    """
    labels = label.labels(WORKER, "task")
    # MLP_IMAGE: so that what a task records can say which image it ran in.
    variables = {**environment, "MLP_IMAGE": image}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": WORKER, "namespace": namespace, "labels": labels},
        "spec": {
            "serviceAccountName": WORKER,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": GRACE_SECONDS,
            "securityContext": restricted.pod_security(),
            "containers": [
                {
                    "name": CONTAINER,
                    "image": image,
                    "env": [{"name": name, "value": value} for name, value in sorted(variables.items())],
                    "envFrom": [{"secretRef": {"name": WORKER_KEYS}}],
                    "resources": {
                        "requests": {"cpu": resources.cpu, "memory": resources.memory},
                        "limits": {"memory": resources.memory},
                    },
                    "securityContext": restricted.container_security(),
                    "volumeMounts": [{"name": "tmp", "mountPath": pods.TMP}],
                }
            ],
            "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": SCRATCH}}],
        },
    }


def text(template: Mapping[str, Any]) -> str:
    """The file. JSON is YAML, and has one way to write each text."""
    return json.dumps(template, indent=2) + "\n"
