"""The same model served in three ways, in the same image with the same resources, each one pod behind the same ingress.

`floor`: plain uvicorn (floor_app.py). `single`: a model service without batching. `batching`: one with it.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.support.cluster import Cluster
from tests.support.model_services import KIND, ModelService
from tests.support.packages import copied
from tests.support.traffic.generator import Target

FLOOR, SINGLE, BATCHING = "bench-floor", "bench-single", "bench-batching"
BATCHES = {"maxSize": 32, "maxLatencyMs": 50}
RESOURCES = {"cpu": "100m", "memory": "768Mi"}
FILE = Path(__file__).with_name("floor_app.py")
MOUNTED = "/opt/floor"
READY_SECONDS = 120
BODIES, ITEMS, HISTORY = 200, 2000, 40


def bodies() -> list[bytes]:
    """Requests of users who used some tens of keywords: always the same ones."""
    draw = random.Random(1)
    histories = [draw.sample(range(1, ITEMS), HISTORY) for _ in range(BODIES)]
    return [json.dumps({"inputs": [{"history": history}], "params": {"k": 10}}).encode() for history in histories]


@contextmanager
def standing(cluster: Cluster, service: ModelService) -> Iterator[dict[str, Target]]:
    """All three, with the model that a service of the team has packed, until the block ends."""
    package = service.package_now
    assert package is not None, f"{service.name} has no package"
    like = service.get()["spec"]
    one = {"replicas": {"min": 1, "max": 1}, "resources": RESOURCES, "scaleBy": "requests"}
    targets = {}
    with ExitStack() as stack:
        for name, batching in ((SINGLE, None), (BATCHING, BATCHES)):
            made = ModelService(cluster, service.team, name, service.ingress)
            made.remove()
            stack.callback(made.remove)
            made.make(like, like["model"], **one, batching=batching)
            made.give(copied(package, made.repository))
            targets[name] = target(made)
        for name in (SINGLE, BATCHING):
            ModelService(cluster, service.team, name, service.ingress).until_rolled_out(package.version, READY_SECONDS)
        single = ModelService(cluster, service.team, SINGLE, service.ingress)
        stack.callback(cluster.kubectl, "delete", "-n", single.namespace, "--ignore-not-found", *floor_objects())
        targets[FLOOR] = floor(cluster, single)
        yield targets


def target(service: ModelService) -> Target:
    """Of a load."""
    return Target(service.host, bodies(), port=service.port)


def floor(cluster: Cluster, single: ModelService) -> Target:
    """Plain uvicorn beside a model service: its pod but for what runs in it."""
    pod = single.pods(running=True)[0]
    host = f"{FLOOR}-{single.team}.localhost"
    objects = floor_manifests(pod, single.get()["spec"]["ingressClass"], host)
    cluster.kubectl("apply", "-f", "-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    cluster.kubectl(
        "rollout", "status", "-n", single.namespace, f"deployment/{FLOOR}", f"--timeout={READY_SECONDS}s", seconds=150
    )
    return Target(host, bodies(), port=single.port)


def floor_objects() -> list[str]:
    """What `floor` makes, for kubectl."""
    return [f"{kind}/{FLOOR}" for kind in ("deployment", "service", "ingress", "configmap")]


def floor_manifests(pod: dict[str, Any], ingress_class: str, host: str) -> list[dict[str, Any]]:
    """Its objects, the pod after the form of a model service's."""
    namespace = pod["metadata"]["namespace"]
    labels = {"app.kubernetes.io/name": FLOOR, "app.kubernetes.io/component": "bench"}
    (container,) = copy.deepcopy(pod["spec"]["containers"])
    probe = {"httpGet": {"path": "/", "port": "main"}, "periodSeconds": 1}
    container |= {"name": "floor", "command": ["python", f"{MOUNTED}/{FILE.name}"], "readinessProbe": probe}
    for key in ("args", "livenessProbe", "startupProbe", "lifecycle"):
        container.pop(key, None)
    mounts = [one for one in container.get("volumeMounts", []) if "serviceaccount" not in one["mountPath"]]
    container["volumeMounts"] = [*mounts, {"name": "floor", "mountPath": MOUNTED}]
    kept = {one["name"] for one in mounts}
    volumes = [volume for volume in pod["spec"].get("volumes", []) if volume["name"] in kept]
    spec = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod["spec"]["securityContext"],
        "containers": [container],
        "volumes": [*volumes, {"name": "floor", "configMap": {"name": FLOOR}}],
    }

    def thing(version: str, kind: str, **fields: Any) -> dict[str, Any]:
        metadata = {"name": FLOOR, "namespace": namespace, "labels": labels}
        return {"apiVersion": version, "kind": kind, "metadata": metadata, **fields}

    backend = {"service": {"name": FLOOR, "port": {"name": "main"}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    template = {"metadata": {"labels": labels}, "spec": spec}
    port = {"name": "main", "port": 80, "targetPort": "main"}
    rules = [{"host": host, "http": {"paths": [path]}}]
    return [
        thing("v1", "ConfigMap", data={FILE.name: FILE.read_text()}),
        thing("apps/v1", "Deployment", spec={"selector": {"matchLabels": labels}, "template": template}),
        thing("v1", "Service", spec={"selector": labels, "ports": [port]}),
        thing("networking.k8s.io/v1", "Ingress", spec={"ingressClassName": ingress_class, "rules": rules}),
    ]


def packed(cluster: Cluster, service: ModelService) -> bool:
    """Whether the service is there and has a package."""
    there = cluster.kubectl("get", KIND, "-n", service.namespace, service.name, "--ignore-not-found", "-o", "name")
    return bool(there) and service.package_now is not None
