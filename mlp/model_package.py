"""Packs a model: a Job in the team's namespace, as the team, in the serving image. Then its rollout is followed."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from components.kubernetes import restricted
from components.kubernetes.images import Images
from components.kubernetes.labels import labels
from components.team.names import WORKER, WORKER_KEYS
from components.team.pod_template import TOKEN, TOKEN_PATH, token_volume
from images import releases
from local.problem import Problem
from mlp import cluster, config, console, specs, state, teams
from mlp.jobs import Job
from mlp.model_services import ModelService, Services, previous
from mlp.target import Target

IMAGE, COMPONENT = "serving", "package"
RESULT = "result: "
DEADLINE_SECONDS = 300
KEPT_SECONDS = 600


def package(name: str, team: str, where: Target, wait: bool) -> ModelService:
    """Pack what a service's model is now and have it rolled out.

    Raises:
        Problem: It couldn't be packed, or, with `wait`, was rolled back.
    """
    teams.require_up(team)
    start = time.monotonic()
    image = serving_image(team)
    with cluster.client(where) as api:
        services = Services(api, team)
        services.get(name)
        job = Job(api, services.namespace, f"package-{name}-{secrets.token_hex(4)}")
        job.apply(manifest(job.name, name, services.namespace, image))
        job.watch(hidden=RESULT, fix=f"correct what it says, then run: mlp model package {name} --team {team}")
        packed = result(job.log())
        return _rolled(services, name, packed["annotation"], start, wait)


def rollback(name: str, team: str, where: Target, wait: bool) -> ModelService:
    """Have the version served again that was before the one that is.

    Raises:
        Problem: There is none, or, with `wait`, it was rolled back itself.
    """
    teams.require_up(team)
    start = time.monotonic()
    with cluster.client(where) as api:
        services = Services(api, team)
        before = previous(services.get(name))
        console.say(f"  {name}: back to version {before['version']}")
        return _rolled(services, name, services.tell(name, before), start, wait)


def _rolled(services: Services, name: str, package: str, start: float, wait: bool) -> ModelService:
    if not wait:
        return services.get(name)
    service = services.follow(name, package)
    version = (service.status.get("stable") or {}).get("version", service.told.get("version", "?"))
    console.say(
        f"  {name}: version {version} serves after {time.monotonic() - start:.0f} s at {service.status.get('url')}"
    )
    return service


def serving_image(team: str) -> str:
    """What models are packed on, by digest.

    Raises:
        Problem: The platform isn't up, or the team's release has no such image.
    """
    contract = state.read(config.FOUNDATION).outputs.get("contract")
    if contract is None:
        raise Problem(f"stack {config.FOUNDATION} isn't up", "run `mlp up`")
    release = specs.team(team).images
    digests = releases.read(release)
    if IMAGE not in digests:
        raise Problem(f"image {IMAGE} isn't in release {release}", "run `mlp images`, then `mlp up`")
    return Images(release, contract["image_registry"], digests).reference(IMAGE)


def manifest(job: str, service: str, namespace: str, image: str) -> dict[str, Any]:
    """The Job: a task's rights and environment, so that packing is the same in a DAG."""
    tags = labels(WORKER, COMPONENT)
    container = {
        "name": COMPONENT,
        "image": image,
        "command": ["python", "-m", "mlplatform_packer", service],
        "env": [{"name": "HOME", "value": "/tmp"}, {"name": "MLP_SERVING_IMAGE", "value": image}],  # noqa: S108 - its own
        "envFrom": [{"secretRef": {"name": WORKER_KEYS}}],
        "resources": {"requests": {"cpu": "100m", "memory": "512Mi"}, "limits": {"memory": "512Mi"}},
        "securityContext": restricted.container_security(),
        "volumeMounts": [
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a volume of the pod's own
            {"name": TOKEN, "mountPath": TOKEN_PATH, "readOnly": True},
        ],
    }
    volumes = [{"name": "tmp", "emptyDir": {"sizeLimit": "8Gi"}}, token_volume()]
    pod = restricted.task([container], volumes, account=WORKER)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": job, "namespace": namespace, "labels": tags},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": DEADLINE_SECONDS,
            "ttlSecondsAfterFinished": KEPT_SECONDS,
            "template": {"metadata": {"labels": tags}, "spec": pod},
        },
    }


def result(log: list[str]) -> dict[str, Any]:
    """What the Job packed.

    Raises:
        Problem: It didn't say.
    """
    for line in reversed(log):
        if line.startswith(RESULT):
            found: dict[str, Any] = json.loads(line.removeprefix(RESULT))
            return found
    raise Problem("the Job ended well, but its log is gone", "see what is rolled out: mlp model list")
