"""Model versions for tests, good and bad, registered in a team's MLflow by a Job in its namespace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from components.kubernetes import restricted
from mlp import example
from tests.support.cluster import Cluster
from tests.support.model_services import ModelService

MODELS = Path(__file__).with_name("models")
NAME = "e2e-served"
"""Of the registered model, and of the Job."""
KEYS = "worker-keys"
"""The Secret with the environment of a team's tasks."""
MOUNTED = "/opt/models"
JOB_SECONDS = 120
SAID = "registered: "


def register(cluster: Cluster, namespace: str, *kinds: tuple[str, float]) -> list[str]:
    """A version for each (kind, seconds), in that order; their numbers."""
    objects = json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests(namespace, image(), kinds)})
    remove(cluster, namespace)
    cluster.kubectl("create", "-f", "-", given=objects)
    try:
        # Its log is followed to its end: that takes less looks than waiting for a condition.
        log = cluster.kubectl(
            "logs", "-n", namespace, f"job/{NAME}", "--follow", "--pod-running-timeout=60s", seconds=JOB_SECONDS
        )
    finally:
        remove(cluster, namespace)
    said = [line.removeprefix(SAID) for line in log.splitlines() if line.startswith(SAID)]
    assert said, f"the Job {NAME} registered nothing:\n{log[-3000:]}"
    return [number for _, number in json.loads(said[-1])]


def remove(cluster: Cluster, namespace: str) -> None:
    """The Job and its files."""
    cluster.kubectl("delete", "-n", namespace, "--ignore-not-found", f"job/{NAME}", f"configmap/{NAME}")


def image() -> str:
    """That of training, as the example's Job has it."""
    return str(example.manifest()["spec"]["template"]["spec"]["containers"][0]["image"])


def manifests(namespace: str, image: str, kinds: tuple[tuple[str, float], ...]) -> list[dict[str, Any]]:
    """The Job with its files."""
    container = {
        "name": "register",
        "image": image,
        "command": ["python", f"{MOUNTED}/register.py", NAME, *(f"{kind}={seconds}" for kind, seconds in kinds)],
        "envFrom": [{"secretRef": {"name": KEYS}}],
        "resources": {"requests": {"cpu": "100m", "memory": "512Mi"}, "limits": {"cpu": "2", "memory": "512Mi"}},
        "securityContext": restricted.container_security(),
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}, {"name": "models", "mountPath": MOUNTED}],
    }
    volumes = [{"name": "tmp", "emptyDir": {}}, {"name": "models", "configMap": {"name": NAME}}]
    pod = restricted.task([container], volumes)
    metadata = {"name": NAME, "namespace": namespace}
    files = {file.name: file.read_text() for file in sorted(MODELS.glob("*.py"))}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": files},
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": metadata,
            "spec": {"backoffLimit": 0, "template": {"spec": pod}},
        },
    ]


def uri(number: str) -> str:
    """A version as a ModelService names it."""
    return f"models:/{NAME}/{number}"


def services(cluster: Cluster, team: str, ingress: str) -> list[ModelService]:
    """What is there of earlier tests."""
    found = cluster.items("modelservices.mlplatform.dev", "-n", f"team-{team}")
    names = [one["metadata"]["name"] for one in found]
    return [ModelService(cluster, team, name, ingress) for name in names if name.startswith("e2e-")]


def remove_services(cluster: Cluster, team: str, ingress: str) -> None:
    """Those of tests, all at once."""
    there = services(cluster, team, ingress)
    if there:
        names = [f"modelservice/{service.name}" for service in there]
        cluster.kubectl("delete", "-n", there[0].namespace, "--ignore-not-found", *names)
    for service in there:
        service.until("its pods are gone", lambda service=service: not service.pods(), 60)
