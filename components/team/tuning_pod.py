"""The Job of a sweep, as `mlp sweep` takes it from ConfigMap tuning; it adds a name, the number of pods and SWEEP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from components.kubernetes import labels as label
from components.kubernetes import pods, restricted
from components.kubernetes.spec import Resources
from components.team.names import TUNER, TUNING_KEYS, WORKER_KEYS

CONTAINER = "worker"
SCRATCH = "4Gi"
GRACE_SECONDS = 30
GIVEN_UP = 3
"""Exit code of a worker whose objective fails (images/tuning): no other has to try."""
PODS_LOST = 60
"""So many pods may fail for reasons of their own: each is replaced, and what it ran is run again."""
DAY = 86_400
PROJECT = "/project"
ARCHIVE = "project.tar.gz"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Trials are parallel by pods: numeric libraries would start a thread for each core of the machine in each of them."""


def job(namespace: str, image: str, resources: Resources) -> dict[str, Any]:
    """The Job without a name.

    It has no number of completions: it is done once a worker has seen all trials ended, however many workers it takes.

    Args:
        namespace: The team's.
        image: By digest.
        resources: Of one worker; a sweep may ask for others.
    """
    labels = label.labels(TUNER, "sweep")
    plain = {**ONE_THREAD, "MLP_IMAGE": image}
    address = {"name": "STORAGE_URL", "valueFrom": {"secretKeyRef": {"name": TUNING_KEYS, "key": "storage-url"}}}
    container = {
        "name": CONTAINER,
        "image": image,
        "args": ["work"],
        "env": [*({"name": name, "value": value} for name, value in sorted(plain.items())), address],
        "envFrom": [{"secretRef": {"name": WORKER_KEYS}}],
        "resources": {
            "requests": {"cpu": resources.cpu, "memory": resources.memory},
            "limits": {"memory": resources.memory},
        },
        "securityContext": restricted.container_security(),
        "volumeMounts": [{"name": "tmp", "mountPath": pods.TMP}],
    }
    scratch = {"name": "tmp", "emptyDir": {"sizeLimit": SCRATCH}}
    pod = restricted.task([container], [scratch], account=TUNER, grace_seconds=GRACE_SECONDS)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"namespace": namespace, "labels": labels},
        "spec": {
            "parallelism": 1,
            "backoffLimit": PODS_LOST,
            "activeDeadlineSeconds": DAY,
            "ttlSecondsAfterFinished": DAY,
            "podFailurePolicy": {
                "rules": [
                    {
                        "action": "FailJob",
                        "onExitCodes": {"containerName": CONTAINER, "operator": "In", "values": [GIVEN_UP]},
                    },
                    # A node that is drained is nobody's fault.
                    {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
                ]
            },
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def text(manifest: Mapping[str, Any]) -> str:
    """The file."""
    return json.dumps(manifest, indent=2) + "\n"
