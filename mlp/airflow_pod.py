"""The pod of a team's Airflow: what its parts say, and starting it anew."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import kubernetes

from local.problem import Problem
from mlp import cluster, console, health, jobs, teams
from mlp.target import Target

NAME = CONTAINER = "airflow"
SELECTOR = f"app.kubernetes.io/name={NAME}"
RESTARTED = "kubectl.kubernetes.io/restartedAt"
"""The annotation by which `kubectl rollout restart` changes a pod template."""
RESTART_SECONDS = 180.0
POLL_SECONDS = 1.0


def logs(team: str, where: Target, component: str | None, follow: bool, tail: int) -> Iterator[str]:
    """Lines of the pod's log.

    Args:
        team: Whose.
        where: The cluster.
        component: Only lines of this part; all if None.
        follow: Go on as new ones come.
        tail: Only so many of those that are there.

    Raises:
        Problem: The team isn't up, or there is no pod.
    """
    teams.require_up(team)
    namespace = teams.id_of(team)
    with cluster.client(where) as api:
        core = kubernetes.client.CoreV1Api(api)
        pod = _pod(core, namespace)
        said = core.read_namespaced_pod_log(pod, namespace, container=CONTAINER).splitlines()
        yield from deque(of(component, said), maxlen=tail)
        if follow:
            stream: Any = core.read_namespaced_pod_log(
                pod, namespace, container=CONTAINER, follow=True, _preload_content=False
            )
            # From the start, less what was shown: what it said in between is in neither the one nor the other.
            yield from of(component, islice(_lines(stream.stream()), len(said), None))


def of(component: str | None, lines: Iterable[str]) -> Iterator[str]:
    """The lines of a part: the supervisor begins each with the name of who said it."""
    return (line for line in lines if component is None or line.startswith(f"{component} | "))


def restart(team: str, where: Target) -> float:
    """Start Airflow's pod anew and wait until it answers; seconds that it took. Running tasks go on.

    Raises:
        Problem: The team isn't up, or Airflow doesn't come back; with what its pod says.
    """
    teams.require_up(team)
    namespace, start = teams.id_of(team), time.monotonic()
    now = {RESTARTED: datetime.now(UTC).isoformat(timespec="seconds")}
    with cluster.client(where) as api:
        apps, core = kubernetes.client.AppsV1Api(api), kubernetes.client.CoreV1Api(api)
        changed: Any = apps.patch_namespaced_deployment(
            NAME, namespace, {"spec": {"template": {"metadata": {"annotations": now}}}}
        )
        generation, shown = changed.metadata.generation, ""
        while not _rolled_out(apps.read_namespaced_deployment(NAME, namespace), generation):
            pods: Any = core.list_namespaced_pod(namespace, label_selector=SELECTOR).items
            stage = jobs.stage(pods[-1] if pods else None)
            if stage != shown:
                console.say(f"  {NAME} of {team}: {stage}")
                shown = stage
            if time.monotonic() - start > RESTART_SECONDS:
                raise Problem(
                    f"Airflow of {team} isn't back after {RESTART_SECONDS:.0f} s: {stage}",
                    f"see `mlp airflow logs --team {team}`",
                )
            time.sleep(POLL_SECONDS)
    health.wait_for_services([team])
    return time.monotonic() - start


def _rolled_out(deployment: Any, generation: int) -> bool:
    status = deployment.status
    return bool(
        (status.observed_generation or 0) >= generation
        and status.updated_replicas == status.ready_replicas == status.replicas == deployment.spec.replicas
    )


def _pod(core: Any, namespace: str) -> str:
    pods = core.list_namespaced_pod(namespace, label_selector=SELECTOR).items
    if not pods:
        raise Problem(f"there is no Airflow pod in {namespace}", "see `mlp status`, and `kubectl get events -n` of it")
    newest = max(pods, key=lambda pod: pod.metadata.creation_timestamp)
    started = {one.name for one in newest.status.container_statuses or () if one.state.waiting is None}
    if CONTAINER not in started:
        raise Problem(f"Airflow's pod in {namespace} hasn't started: {jobs.stage(newest)}", "wait, or see its events")
    return str(newest.metadata.name)


def _lines(parts: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for part in parts:
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            yield line.decode(errors="replace")
