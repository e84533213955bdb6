"""How the platform is: the cluster, the stacks, the services, the example's last run. Changes nothing."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

import kubernetes

from local import node
from local.problem import Problem
from mlp import cluster, config, console, example, state
from mlp.target import Target

SECONDS = 5.0
START_SECONDS = 180.0
HERE = "127.0.0.1"


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
    found = _cluster(where)
    stacks = [_stack(name) for name in config.LOCAL_STACKS]
    return Health(found, stacks, services(), _example(where, found))


def wait_for_services(seconds: float = START_SECONDS) -> None:
    """Wait until every service answers: Pulumi waits for what it changes alone, and the node may have just started.

    Raises:
        Problem: One doesn't; names it.
    """
    end = time.monotonic() + seconds
    told = False
    while silent := [service for service in services() if not service.answers]:
        listed = ", ".join(f"{service.name} at {service.address} ({service.detail})" for service in silent)
        if time.monotonic() > end:
            raise Problem(f"doesn't answer after {seconds:.0f} s: {listed}", "see its pods: `kubectl get pods -A`")
        if not told:
            console.say(f"  waiting for {listed}")
            told = True
        time.sleep(1)


def services() -> list[Service]:
    """Every tool of the platform, asked now."""
    addresses = state.read(config.PLATFORM).outputs.get("addresses", {})
    return [_service(name, address) for name, address in sorted(addresses.items())]


def _cluster(where: Target) -> Cluster:
    if where.embedded:
        seen = node.state()
        return Cluster("embedded", seen.status, tuple(seen.reasons))
    try:
        with cluster.client(where) as api:
            kubernetes.client.VersionApi(api).get_code(_request_timeout=SECONDS)
    except Problem as problem:
        return Cluster("external", "broken", (problem.what,))
    return Cluster("external", "running")


def _stack(name: str) -> StackHealth:
    seen = state.read(name)
    status = "interrupted" if seen.pending else "up" if seen.exists else "missing"
    return StackHealth(name, status, seen.updated, len(seen.resources))


def _service(name: str, address: str) -> Service:
    parts = urlsplit(address)
    host = parts.hostname or ""
    request = urllib.request.Request(address)  # noqa: S310 - of our own stack's output, http or https
    if host.endswith(".localhost"):
        # Not every resolver knows names below localhost; all of them are this machine (RFC 6761).
        request = urllib.request.Request(  # noqa: S310 - see above
            parts._replace(netloc=f"{HERE}:{parts.port or 80}").geturl(), headers={"Host": parts.netloc}
        )
    try:
        # Without proxies: they know nothing of this machine's names.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=SECONDS) as answer:
            return Service(name, address, True, f"HTTP {answer.status}")
    except urllib.error.HTTPError as error:
        # 401 is an answer: the tool wants a password.
        answers = error.code < 500 and error.code != 404
        return Service(name, address, answers, f"HTTP {error.code}")
    except OSError as error:
        return Service(name, address, False, str(getattr(error, "reason", error)))


def _example(where: Target, found: Cluster) -> dict[str, Any]:
    if found.status != "running":
        return {"status": "unknown"}
    try:
        run = example.last(where)
    except Problem:
        return {"status": "missing"}
    return {"job": run.name, "status": run.status, "result": run.result}
