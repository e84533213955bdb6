"""How the platform is: the cluster, the stacks, the services, the example's last run. Changes nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import kubernetes

from local import node
from local.problem import Problem
from mlp import cluster, config, console, example, state, teams, web
from mlp.target import Target

SECONDS = 5.0
START_SECONDS = 180.0


@dataclass(frozen=True)
class Cluster:
    """The embedded node or the cluster of MLP_KUBE_CONTEXT."""

    kind: str
    """`embedded` or `external`."""
    status: str
    """`running`, `broken` or `stopped`."""
    reasons: tuple[str, ...] = ()
    """Why it is broken."""


@dataclass(frozen=True)
class StackHealth:
    """One stack, from its state."""

    name: str
    status: str
    """`up`, `missing` or `interrupted`."""
    updated: str
    """When its state was last written, RFC 3339; empty if never."""
    resources: int


@dataclass(frozen=True)
class Service:
    """A tool as people reach it."""

    name: str
    address: str
    answers: bool
    detail: str
    team: str = ""
    """Whose it is; empty for what all teams share."""


@dataclass(frozen=True)
class Health:
    """All of it. As JSON this is what programs read: fields are added, none is renamed or removed."""

    cluster: Cluster
    stacks: list[StackHealth] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    example: dict[str, Any] = field(default_factory=dict)

    @property
    def healthy(self) -> bool:
        """Whether cluster and stacks are up and every service answers; an example that never ran is no illness."""
        return (
            self.cluster.status == "running"
            and all(stack.status == "up" for stack in self.stacks)
            and all(service.answers for service in self.services)
            and self.example.get("status") != "failed"
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {"healthy": self.healthy, **asdict(self)}


def check(where: Target) -> Health:
    """Look at everything now."""
    found = of_cluster(where)
    standing = teams.standing()
    stacks = [stack(name) for name in (config.FOUNDATION, config.PLATFORM, *map(teams.stack_of, standing))]
    return Health(found, stacks, services(["", *standing]), _example(where, found))


def wait_for_services(whose: Sequence[str], seconds: float = START_SECONDS) -> None:
    """Wait until every service answers: Pulumi waits for what it changes alone, and the node may have just started.

    Args:
        whose: Teams; empty text is what all share.
        seconds: When to give up.

    Raises:
        Problem: One doesn't; names it.
    """
    end = time.monotonic() + seconds
    told = False
    while silent := [service for service in services(whose) if not service.answers]:
        listed = ", ".join(f"{service.name} at {service.address} ({service.detail})" for service in silent)
        if time.monotonic() > end:
            raise Problem(f"doesn't answer after {seconds:.0f} s: {listed}", "see its pods: `kubectl get pods -A`")
        if not told:
            console.say(f"  waiting for {listed}")
            told = True
        time.sleep(1)


def services(whose: Sequence[str]) -> list[Service]:
    """Every tool of these teams, asked now; empty text is what all share."""
    return [_service(tool, address, team) for team in whose for tool, address in sorted(addresses(team).items())]


def addresses(team: str) -> dict[str, str]:
    """Tools of a team by name, or those that all share for empty text."""
    found: dict[str, str] = config.outputs(team).get("addresses", {})
    return found


def of_cluster(where: Target) -> Cluster:
    """The cluster, asked now."""
    if where.embedded:
        seen = node.state()
        return Cluster("embedded", seen.status, tuple(seen.reasons))
    try:
        with cluster.client(where) as api:
            kubernetes.client.VersionApi(api).get_code(_request_timeout=SECONDS)
    except Problem as problem:
        return Cluster("external", "broken", (problem.what,))
    return Cluster("external", "running")


def stack(name: str) -> StackHealth:
    """One stack, as its state says."""
    seen = state.read(name)
    status = "interrupted" if seen.pending else "up" if seen.exists else "missing"
    return StackHealth(name, status, seen.updated, len(seen.resources))


def _service(tool: str, address: str, team: str) -> Service:
    name = f"{tool}-{team}" if team else tool
    try:
        answer = web.ask("GET", address, seconds=SECONDS)
    except OSError as error:
        return Service(name, address, False, web.reason(error), team)
    # 401 is an answer: the tool wants a password.
    answers = answer.status < 500 and answer.status != 404
    return Service(name, address, answers, f"HTTP {answer.status}", team)


def _example(where: Target, found: Cluster) -> dict[str, Any]:
    if found.status != "running":
        return {"status": "unknown"}
    try:
        run = example.last(where)
    except Problem:
        return {"status": "missing"}
    return {"job": run.name, "status": run.status, "result": run.result}
