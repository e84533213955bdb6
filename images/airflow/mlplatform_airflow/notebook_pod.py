"""The pod of a notebook's task: beside the task's container one more, in which the notebook runs.

A DAG says by an annotation what it wants; the scheduler makes the container when it starts the pod, so that a DAG that
was written long ago gets the image that is current. It is a sidecar as Kubernetes knows them: it starts before the
task, and is ended when the task has ended.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

ANNOTATION = "mlplatform.dev/notebook"
IMAGES = "MLP_NOTEBOOK_IMAGES"
"""Variable of Airflow's servers: name -> image by digest, as JSON."""
FOLDER = "/notebook"
"""What both containers see."""
SCRATCH = "4Gi"
WORKER_KEYS, FEATURE_KEYS, FEATURE_STORE = "worker-keys", "feature-keys", "feature-store"
FEAST = "/etc/feast"
COMMAND = ["/usr/bin/tini", "--", "python", "-m", "mlplatform_notebook", "job"]


def images(environment: Mapping[str, str]) -> dict[str, str] | None:
    """The images that notebooks can have; None where nobody says (a task's own pod)."""
    text = environment.get(IMAGES)
    return None if text is None else dict(json.loads(text))


def problem(image: str, environment: Mapping[str, str]) -> str:
    """Why a notebook can't have this image, with what would help; empty if it can."""
    known = images(environment)
    if known is None or known.get(image):
        return ""
    if image in known:
        return f"image {image!r} isn't built here: `mlp images {image}` and `mlp up` make it; or use 'notebook-small'"
    return f"there is no notebook image {image!r}: use one of {', '.join(sorted(known))}"


def executor_config(image: str, cpu: str, memory: str) -> dict[str, Any]:
    """What a task says of its pod."""
    from airflow.sdk import get_parsing_context

    if get_parsing_context().task_id:
        # Inside that pod already: the import would cost a second.
        return {}
    from kubernetes.client import models as k8s

    wanted = json.dumps({"image": image, "cpu": cpu, "memory": memory}, sort_keys=True)
    return {"pod_override": k8s.V1Pod(metadata=k8s.V1ObjectMeta(annotations={ANNOTATION: wanted}))}


def complete(pod: Any) -> None:
    """Add the container to a pod that asks for it; any other stays as it is.

    Raises:
        ValueError: It asks for an image that isn't there.
    """
    if not (text := (pod.metadata.annotations or {}).get(ANNOTATION)):
        return
    wanted = json.loads(text)
    if said := problem(wanted["image"], os.environ):
        raise ValueError(said)
    image = (images(os.environ) or {})[wanted["image"]]
    from kubernetes.client import models as k8s

    base = pod.spec.containers[0]
    shared = k8s.V1VolumeMount(name="notebook", mount_path=FOLDER)
    base.volume_mounts = [*(base.volume_mounts or []), shared]
    pod.spec.volumes = [
        *(pod.spec.volumes or []),
        k8s.V1Volume(name="notebook", empty_dir=k8s.V1EmptyDirVolumeSource(size_limit=SCRATCH)),
        k8s.V1Volume(name="notebook-tmp", empty_dir=k8s.V1EmptyDirVolumeSource(size_limit=SCRATCH)),
        k8s.V1Volume(name="features", config_map=k8s.V1ConfigMapVolumeSource(name=FEATURE_STORE, optional=True)),
    ]
    environment = {
        "NOTEBOOK_FOLDER": FOLDER,
        "FEAST_FS_YAML_FILE_PATH": f"{FEAST}/feature_store.yaml",
        "HOME": "/tmp",  # noqa: S108 - a volume of the pod alone
        "MLP_IMAGE": image,
    }
    keys = [(WORKER_KEYS, False), (FEATURE_KEYS, True)]
    sidecar = k8s.V1Container(
        name="notebook",
        image=image,
        command=COMMAND,
        restart_policy="Always",
        env=[k8s.V1EnvVar(name=name, value=value) for name, value in sorted(environment.items())],
        env_from=[
            k8s.V1EnvFromSource(secret_ref=k8s.V1SecretEnvSource(name=name, optional=optional))
            for name, optional in keys
        ],
        resources=k8s.V1ResourceRequirements(
            requests={"cpu": wanted["cpu"], "memory": wanted["memory"]}, limits={"memory": wanted["memory"]}
        ),
        security_context=deepcopy(base.security_context),
        volume_mounts=[
            shared,
            k8s.V1VolumeMount(name="notebook-tmp", mount_path="/tmp"),  # noqa: S108 - a volume of the pod alone
            k8s.V1VolumeMount(name="features", mount_path=FEAST, read_only=True),
        ],
    )
    pod.spec.init_containers = [*(pod.spec.init_containers or []), sidecar]
