"""Sweeps of a team: begun or taken up, watched, stopped."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import kubernetes
from kubernetes.client.exceptions import ApiException

from components.team.names import JOB_FILE, TUNING, WORKER_KEYS
from local.problem import Problem
from mlp import cluster, config, console, jobs, repository, sweep_job, teams
from mlp.jobs import Job
from mlp.sweep_runs import Sweep, Tracking
from mlp.sweep_spec import SweepSpec
from mlp.target import Target

POLL_SECONDS = 2.0
STILL_SECONDS = 20
"""After so long without news it is said what it waits for."""
FIELD_MANAGER = "mlp"


def start(spec: SweepSpec, folder: Path | None, team: str, where: Target) -> None:
    """Begin a sweep, or take it up where it was left; one that runs already is left alone.

    Raises:
        Problem: The team isn't up, or the project can't be packed.
    """
    teams.require_up(team)
    project = None if folder is None else sweep_job.archive(folder)
    commit = "" if folder is None else repository.source(folder)
    namespace = teams.id_of(team)
    with cluster.client(where) as api:
        core: Any = kubernetes.client.CoreV1Api(api)
        wanted = sweep_job.manifest(_template(core, team), spec, project, commit)
        one = Job(api, namespace, sweep_job.name_of(spec.name))
        status = one.status()
        if status == jobs.RUNNING:
            console.say(f"  sweep {spec.name} runs already; `mlp sweep stop {spec.name} --team {team}` stops it")
            return
        if status != jobs.MISSING:
            one.delete()
        if project is not None:
            _apply(core, sweep_job.config_map(wanted, project))
        one.apply(wanted)
        if project is not None:
            _own(api, core, wanted)
    console.say(f"  sweep {spec.name}: {spec.trials} trials, {spec.parallel} pods at a time")


def _template(core: Any, team: str) -> dict[str, Any]:
    try:
        found = core.read_namespaced_config_map(TUNING, teams.id_of(team))
    except ApiException as error:
        if error.status != 404:
            raise
        raise Problem(f"team {team} has no tuning yet", f"bring it up to date: `mlp team add {team}`") from error
    return dict(json.loads(found.data[JOB_FILE]))


def _apply(core: Any, manifest: dict[str, Any]) -> None:
    """Make the project's ConfigMap anew: one that belongs to a Job before this goes whenever the cluster gets to it."""
    metadata = manifest["metadata"]
    try:
        core.delete_namespaced_config_map(metadata["name"], metadata["namespace"])
    except ApiException as error:
        if error.status != 404:
            raise
    core.patch_namespaced_config_map(
        metadata["name"],
        metadata["namespace"],
        manifest,
        field_manager=FIELD_MANAGER,
        _content_type="application/apply-patch+yaml",
    )


def _own(api: kubernetes.client.ApiClient, core: Any, job: dict[str, Any]) -> None:
    """The project goes with its Job."""
    name, namespace = job["metadata"]["name"], job["metadata"]["namespace"]
    found: Any = kubernetes.client.BatchV1Api(api).read_namespaced_job(name, namespace)
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": found.metadata.uid}
    core.patch_namespaced_config_map(name, namespace, {"metadata": {"ownerReferences": [owner]}})


def tracking(team: str, where: Target) -> Tracking:
    """MLflow as the team's pods sign in to it.

    Raises:
        Problem: The team isn't up.
    """
    teams.require_up(team)
    address = config.outputs("")["addresses"]["mlflow"]
    with cluster.client(where) as api:
        found: Any = kubernetes.client.CoreV1Api(api).read_namespaced_secret(WORKER_KEYS, teams.id_of(team))
    keys = ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_WORKSPACE")
    user, password, workspace = (base64.b64decode(found.data[key]).decode() for key in keys)
    return Tracking(address, user, password, workspace)


def watch(name: str, team: str, where: Target) -> Sweep:
    """Show how it goes until it ends.

    Raises:
        Problem: It failed, or somebody stopped it.
    """
    store, shown, since = tracking(team, where), "", time.monotonic()
    while True:
        status, waits = _look(name, team, where)
        found = store.sweep(name)
        now = "no worker has begun" if found is None else line(found)
        if now != shown:
            shown, since = now, time.monotonic()
            console.say(f"  {now}")
        elif waits and time.monotonic() - since > STILL_SECONDS:
            since = time.monotonic()
            console.say(f"  waiting: {waits}")
        if status == jobs.SUCCEEDED and found is not None:
            return found
        if status == jobs.FAILED:
            said = found.error if found is not None and found.error else waits or "its pods failed"
            raise Problem(f"sweep {name} failed: {said}", "mend the objective and run it again: what is done stays")
        if status == jobs.MISSING:
            raise Problem(f"sweep {name} was stopped", "the same command takes it up again")
        time.sleep(POLL_SECONDS)


def line(found: Sweep) -> str:
    """How it stands, in a line."""
    best = found.best
    parts = [f"{found.ended} of {found.wanted} ended", f"{found.count('RUNNING')} run"]
    parts += [f"{count} {state.lower()}" for state in ("PRUNED", "FAIL") if (count := found.count(state))]
    if best is not None:
        parts.append(f"best {best.value:.6g} (trial {best.number})")
    return ", ".join(parts)


def _look(name: str, team: str, where: Target) -> tuple[str, str]:
    """The Job's status, and what it last complained of."""
    namespace, job = teams.id_of(team), sweep_job.name_of(name)
    with cluster.client(where) as api:
        status = Job(api, namespace, job).status()
        selector = f"involvedObject.kind=Job,involvedObject.name={job}"
        events: Any = kubernetes.client.CoreV1Api(api).list_namespaced_event(namespace, field_selector=selector)
    warnings = [one for one in events.items if one.type == "Warning"]
    return status, f"{warnings[-1].reason}: {warnings[-1].message}" if warnings else ""


def status(name: str, team: str, where: Target) -> str:
    """`missing`, `running`, `succeeded` or `failed`: its Job."""
    with cluster.client(where) as api:
        return Job(api, teams.id_of(team), sweep_job.name_of(name)).status()


def stop(name: str, team: str, where: Target) -> None:
    """End its pods; what they ran is run again when it is taken up.

    Raises:
        Problem: There is no such Job.
    """
    teams.require_up(team)
    with cluster.client(where) as api:
        one = Job(api, teams.id_of(team), sweep_job.name_of(name))
        if one.status() == jobs.MISSING:
            raise Problem(f"sweep {name} of team {team} doesn't run", f"see `mlp sweep list --team {team}`")
        one.delete()
    console.say(f"  sweep {name} stopped; `mlp sweep run` with the same name takes it up again")


def state_of(found: Sweep, job: str) -> str:
    """One word for a person: a sweep without a Job that hasn't ended was stopped."""
    if found.outcome != "running":
        return found.outcome
    return "running" if job == jobs.RUNNING else "stopped"
