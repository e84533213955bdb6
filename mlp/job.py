"""The manifest of a training Job: an image by digest, restricted pod security, no secret in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from components.kubernetes import restricted
from components.kubernetes.labels import labels

DEADLINE_SECONDS = 1800


def name_of(example: str, image: str, command: Sequence[str]) -> str:
    """The Job's name: another image or command is another Job, the same ones are the Job that already ran."""
    digest = hashlib.sha256(json.dumps([image, *command]).encode()).hexdigest()
    return f"{example}-{digest[:8]}"


def manifest(
    example: str, namespace: str, image: str, command: Sequence[str], secret: str, environment: Mapping[str, str]
) -> dict[str, Any]:
    """The Job.

    Args:
        example: Its name, as in the labels.
        namespace: Where it runs.
        image: By digest.
        command: What it runs.
        secret: The Secret whose keys become environment variables.
        environment: Plain variables besides.
    """
    tags = labels(example, "training")
    container = {
        "name": "train",
        "image": image,
        "command": list(command),
        "envFrom": [{"secretRef": {"name": secret}}],
        "env": [{"name": key, "value": value} for key, value in sorted(environment.items())],
        # Numeric libraries would start a thread for each core of the machine, not of the limit.
        "resources": {"requests": {"cpu": "500m", "memory": "2Gi"}, "limits": {"cpu": "2", "memory": "2Gi"}},
        "securityContext": restricted.container_security(),
        "volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}],  # noqa: S108 - a volume of the pod's own
    }
    pod = restricted.task([container], [{"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}}])
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name_of(example, image, command), "namespace": namespace, "labels": tags},
        "spec": {
            # Training is deterministic: what failed once fails again, and a person should see why.
            "backoffLimit": 0,
            "activeDeadlineSeconds": DEADLINE_SECONDS,
            "template": {"metadata": {"labels": tags}, "spec": pod},
        },
    }
