"""User names and passwords: where they are kept is in the stacks' outputs, what they are in the cluster alone."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import kubernetes

from local.problem import Problem
from mlp import cluster, config, teams
from mlp.target import Target


@dataclass(frozen=True)
class Credentials:
    """What signs in."""

    user: str
    password: str = field(repr=False)


def read(tool: str, team: str, where: Target, user: str = "") -> Credentials:
    """Those of a tool of a team, or of one that all share for empty text; of one person where each has their own.

    Raises:
        Problem: There is no such tool or person, or what it belongs to isn't up.
    """
    if team:
        reference = find(teams.require_up(team).outputs.get("credentials"), tool, teams.stack_of(team))
    else:
        reference = find(config.outputs("").get("credentials"), tool, config.PLATFORM)
    person = of_person(reference, tool, user)
    with cluster.client(where) as api:
        secret: Any = kubernetes.client.CoreV1Api(api).read_namespaced_secret(
            reference["secret"], reference["namespace"]
        )
    if person:
        return Credentials(person, base64.b64decode(secret.data[person]).decode())
    user, password = (base64.b64decode(secret.data[reference[key]]).decode() for key in ("user_key", "password_key"))
    return Credentials(user, password)


def find(credentials: Mapping[str, Mapping[str, str]] | None, tool: str, stack: str) -> Mapping[str, str]:
    """Where a tool's Secret is.

    Raises:
        Problem: The stack isn't up or has no such tool.
    """
    if credentials is None:
        raise Problem(f"stack {stack} isn't up, so there are no credentials", "run `mlp up`")
    if tool in credentials:
        return credentials[tool]
    fix = f"name one of: {', '.join(sorted(credentials))}"
    if stack == config.PLATFORM and (having := _teams_with(tool)):
        fix = f"it is a team's: add `--team {having[0]}` (teams are: {', '.join(having)})"
    raise Problem(f"there are no credentials for {tool!r} in {stack}", fix)


def of_person(reference: Mapping[str, str], tool: str, user: str) -> str:
    """Whose password it is; empty where a tool has one for all.

    Raises:
        Problem: Each has their own and nobody is named, or somebody who isn't there; or the other way round.
    """
    people = [one for one in reference.get("people", "").split(",") if one]
    if not people:
        if user:
            raise Problem(f"{tool} has no people of its own, so not {user!r} either", "leave `--user` away")
        return ""
    if user in people:
        return user
    what = f"{tool} knows no {user!r}" if user else f"everybody has a password of their own for {tool}"
    raise Problem(what, f"add `--user` with one of: {', '.join(people)}")


def _teams_with(tool: str) -> list[str]:
    return [team for team in teams.standing() if tool in config.outputs(team).get("credentials", {})]
