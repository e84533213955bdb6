"""Every team at a glance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import kubernetes

from local.problem import Problem
from mlp import cluster, health, teams
from mlp.target import Target

SHOWN = {"requests.cpu": "cpu", "requests.memory": "memory", "requests.storage": "storage", "pods": "pods"}
"""Parts of the quota that the table has, by what it calls them."""


@dataclass(frozen=True)
class TeamHealth:
    """One team. As JSON this is what programs read: fields are added, none is renamed or removed."""

    team: str
    stack: str
    """Name of its stack."""
    status: str
    """`up`, `missing` or `interrupted`."""
    answers: bool
    """Whether its Airflow answers."""
    detail: str
    address: str
    """Of its Airflow; empty if it isn't up."""
    pods: int | None = None
    """Pods that run or wait; None where the cluster doesn't say."""
    quota: dict[str, dict[str, str]] = field(default_factory=dict)
    """By resource: `used` and `hard`, as Kubernetes writes them."""


def check(where: Target) -> list[TeamHealth]:
    """Look at every team that stands or could."""
    usage = _usage(where)
    return [_team(team, *usage.get(teams.id_of(team), (None, {}))) for team in teams.known()]


def _team(team: str, pods: int | None, quota: dict[str, dict[str, str]]) -> TeamHealth:
    seen = health.stack(teams.stack_of(team))
    service = next((one for one in health.services([team]) if one.name == f"airflow-{team}"), None)
    return TeamHealth(
        team,
        seen.name,
        seen.status,
        service.answers if service else False,
        service.detail if service else "",
        service.address if service else "",
        pods,
        quota,
    )


def _usage(where: Target) -> dict[str, tuple[int, dict[str, dict[str, str]]]]:
    """By namespace: its pods and its quota. Empty where the cluster doesn't answer: the rest is still worth telling."""
    found = {}
    try:
        with cluster.client(where) as api:
            core = kubernetes.client.CoreV1Api(api)
            for team in teams.standing():
                namespace = teams.id_of(team)
                pods: Any = core.list_namespaced_pod(namespace).items
                quotas: Any = core.list_namespaced_resource_quota(namespace).items
                alive = [pod for pod in pods if pod.status.phase not in ("Succeeded", "Failed")]
                found[namespace] = (len(alive), _quota(quotas))
    except Problem:
        return {}
    return found


def _quota(quotas: Any) -> dict[str, dict[str, str]]:
    return {
        resource: {"used": (one.status.used or {}).get(resource, "0"), "hard": hard}
        for one in quotas
        for resource, hard in (one.status.hard or {}).items()
    }


def rows(found: list[TeamHealth]) -> list[tuple[str, ...]]:
    """For the table of people."""
    return [
        (
            one.team,
            one.status,
            ("answers" if one.answers else f"silent ({one.detail})") if one.address else "-",
            one.address or "-",
            "-" if one.pods is None else str(one.pods),
            ", ".join(f"{SHOWN[name]} {use['used']}/{use['hard']}" for name, use in one.quota.items() if name in SHOWN)
            or "-",
        )
        for one in found
    ]
