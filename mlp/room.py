"""Whether the embedded node has a place for the pods of new teams: without one they would wait until time runs out."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import kubernetes
from kubernetes.utils.quantity import parse_quantity

from components.kubernetes.validators import cores, size_in_bytes
from local.problem import Problem
from mlp import cluster, specs, teams
from mlp.target import Target


class Room(NamedTuple):
    """Something that pods ask for."""

    cores: Decimal
    memory: Decimal
    """Bytes."""

    @property
    def text(self) -> str:
        """For people."""
        return f"{self.cores:.2f} cores and {self.memory / 2**30:.1f} GiB"


def require(names: Sequence[str], where: Target) -> None:
    """Compare what new teams ask for with what is free. Other clusters may get nodes when pods wait: not looked at.

    Args:
        names: Teams that have a spec and aren't up.
        where: The cluster.

    Raises:
        Problem: They don't fit; says what they ask for, and what is free.
    """
    if not names or not where.embedded:
        return
    with cluster.client(where) as api:
        core = kubernetes.client.CoreV1Api(api)
        nodes: Any = core.list_node().items
        pods: Any = core.list_pod_for_all_namespaces().items
    own = [teams.id_of(name) for name in names]
    # What runs to its end makes room by itself; what an interrupted command made of a new team is asked for below.
    lasting = [pod for pod in pods if pod.spec.restart_policy == "Always" and pod.metadata.namespace not in own]
    free = _less(_sum([_room(node.status.allocatable) for node in nodes]), _sum([_asked(pod) for pod in lasting]))
    parts = [part for name in names for part in specs.team(name).always]
    asks = _sum([Room(cores(part.cpu), size_in_bytes(part.memory)) for part in parts])
    if asks.cores <= free.cores and asks.memory <= free.memory:
        return
    spec = teams.shown(teams.spec_of(names[0]))
    raise Problem(
        f"the node has no place for {' and '.join(names)}: the pods ask for {asks.text}; {free.text} are free",
        f"remove a team that nobody needs (`mlp team list`), lower `resources` in {spec}, or use a bigger machine",
    )


def _asked(pod: Any) -> Room:
    return _sum([_room((one.resources and one.resources.requests) or {}) for one in pod.spec.containers])


def _room(quantities: dict[str, str]) -> Room:
    return Room(_number(quantities.get("cpu", "0")), _number(quantities.get("memory", "0")))


def _number(quantity: str) -> Decimal:
    number: Decimal = parse_quantity(quantity)  # type: ignore[no-untyped-call]  # the package has no types there
    return number


def _sum(parts: Sequence[Room]) -> Room:
    return Room(sum((part.cores for part in parts), Decimal()), sum((part.memory for part in parts), Decimal()))


def _less(whole: Room, part: Room) -> Room:
    return Room(whole.cores - part.cores, whole.memory - part.memory)
