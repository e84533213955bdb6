"""A team's features: found, applied, shared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import kubernetes
from kubernetes.client.exceptions import ApiException

from components.team.feature_names import APPLY_FILE
from components.team.names import FEATURE_STORE, FEATURES
from local.problem import Problem
from mlp import cluster, credentials, jobs, teams, web
from mlp.jobs import Job
from mlp.target import Target

MOST_BYTES = 900_000
"""What a ConfigMap holds, less the rest of it."""


def visible(team: str, where: Target) -> dict[str, Any]:
    """What the team may see: its own project and what others share with it.

    Raises:
        Problem: The team has no feature store, or it doesn't answer.
    """
    return _ask("GET", "/", team, where)


def view(name: str, team: str, where: Target) -> dict[str, Any]:
    """One view, by `name` or `project:name`.

    Raises:
        Problem: There is none for the team.
    """
    project, _, wanted = name.rpartition(":")
    for one in visible(team, where)["projects"]:
        if project in ("", one["project"]):
            for found in one["views"]:
                if found["name"] == wanted:
                    return {"project": one["project"], **found}
    raise Problem(f"there is no feature view {name} for team {team}", f"see `mlp features list --team {team}`")


def share(views: list[str], with_: str, team: str, where: Target) -> list[str]:
    """Let another team read these views and no others of the team's; none ends it.

    Raises:
        Problem: There is no such view.
    """
    found: list[str] = _ask("PUT", f"/shared/{teams.id_of(with_)}", team, where, {"views": views})["views"]
    return found


def apply(folder: Path, team: str, where: Target) -> None:
    """Make the definitions of a folder the project's, in a Job of the team that has Feast.

    Raises:
        Problem: They aren't taken; with what Feast or the registry said.
    """
    manifest = _template(team, where)
    name, namespace = manifest["metadata"]["name"], manifest["metadata"]["namespace"]
    files = _files(folder)
    with cluster.client(where) as api:
        core: Any = kubernetes.client.CoreV1Api(api)
        one = Job(api, namespace, name)
        if one.status() != jobs.MISSING:
            one.delete()
        metadata = {key: manifest["metadata"][key] for key in ("name", "namespace", "labels")}
        core.patch_namespaced_config_map(
            name,
            namespace,
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": files},
            field_manager=jobs.FIELD_MANAGER,
            force=True,
            _content_type="application/apply-patch+yaml",
        )
        one.apply(manifest)
        one.watch("{", fix="mend the definitions and run it again")


def _files(folder: Path) -> dict[str, str]:
    found = {file.name: file.read_text() for file in sorted(folder.glob("*.py"))}
    if not found:
        raise Problem(f"{folder} has no Python file", "name a folder with definitions: Entity, FeatureView, ...")
    if sum(map(len, found.values())) > MOST_BYTES:
        raise Problem(f"{folder} has more than {MOST_BYTES} bytes of Python", "keep definitions alone in it")
    return found


def _template(team: str, where: Target) -> dict[str, Any]:
    teams.require_up(team)
    try:
        with cluster.client(where) as api:
            found: Any = kubernetes.client.CoreV1Api(api).read_namespaced_config_map(FEATURE_STORE, teams.id_of(team))
    except ApiException as error:
        if error.status != 404:
            raise
        raise _none(team) from error
    return dict(json.loads(found.data[APPLY_FILE]))


def _ask(method: str, path: str, team: str, where: Target, body: Any = None) -> dict[str, Any]:
    outputs = teams.require_up(team).outputs
    if FEATURES not in outputs.get("addresses", {}):
        raise _none(team)
    key = credentials.read(FEATURES, team, where).password
    address = outputs["addresses"][FEATURES]
    try:
        answer = web.ask(method, f"{address}{path}", body, {"Authorization": f"Bearer {key}"})
    except OSError as error:
        raise Problem(
            f"the feature server of {team} doesn't answer: {web.reason(error)}", "see `mlp status`"
        ) from error
    found = answer.json if isinstance(answer.json, dict) else {}
    if answer.status != 200:
        raise Problem(
            f"the feature server of {team}: {found.get('error', answer.status)}",
            str(found.get("fix", "see `mlp status`")),
        )
    return found


def _none(team: str) -> Problem:
    return Problem(
        f"team {team} has no feature store", f"write `features: {{}}` in its spec, then `mlp team add {team}`"
    )
