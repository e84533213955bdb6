"""Fixtures of the tests of serving: model versions good and bad, and services made for them beside a team's own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support import registered
from tests.support.cluster import Cluster
from tests.support.model_services import ModelService, may_not_pack, may_pack
from tests.support.packages import Package, copied
from tests.support.teams import Team, open_team
from tests.support.traffic.generator import Target
from tests.support.traffic.hostile import Ended, drops_of, exchange, head

TEAM = "search"
LIKE = "keywords"
"""The team's own service, whose spec the others begin with."""
GOOD_SECONDS = 0.015
"""How long a good version takes for an answer, one after the other: a pod answers some 60 a second."""
SLOW_FACTOR = 10
KINDS = (
    ("good", GOOD_SECONDS),
    ("good", GOOD_SECONDS),
    ("crash", GOOD_SECONDS),
    ("hang", GOOD_SECONDS),
    ("nan", GOOD_SECONDS),
    ("signature", GOOD_SECONDS),
    ("slow", SLOW_FACTOR * GOOD_SECONDS),
)
RESOURCES = {"cpu": "50m", "memory": "448Mi"}
CANARY = {"weight": 20, "seconds": 8, "startSeconds": 25, "maxErrorPercent": 1.0, "maxLatencyRatio": 3.0}
SLOW_SECONDS = 75


class SlowClient:
    """One that sends its request a byte at a time, while tests go on.

    The ingress waits a minute for it, and with an answer too: so this begins early.
    """

    def __init__(self, target: Target, first: bytes, rest: bytes) -> None:
        self._ended: list[Ended] = []
        self._thread = threading.Thread(target=self._run, args=(target, first, rest), daemon=True)
        self._thread.start()

    def _run(self, target: Target, first: bytes, rest: bytes) -> None:
        self._ended.append(asyncio.run(exchange(target, first, drops_of(rest, every=1), SLOW_SECONDS)))

    def end(self) -> Ended:
        """How it ended; waits for that."""
        self._thread.join(SLOW_SECONDS + 5)
        return self._ended[0]


def slow_clients(target: Target) -> dict[str, SlowClient]:
    """One whose head doesn't end, one whose body doesn't."""
    line = f"POST /predict HTTP/1.1\r\nHost: {target.host}\r\n"
    return {
        "head": SlowClient(target, line.encode() + b"X-Slow: ", b"x" * 500),
        "body": SlowClient(target, head(target, 500), b" " * 500),
    }


@dataclass(frozen=True)
class Serving:
    """The team with its versions, and the maker of services."""

    cluster: Cluster
    team: Team
    like: dict[str, Any]
    """Spec of the team's own service."""
    versions: list[tuple[str, str]]
    """(kind, number), in the order of KINDS."""

    def version(self, kind: str, which: int = 0) -> str:
        """The number of a version of a kind."""
        return [number for found, number in self.versions if found == kind][which]

    def service(self, name: str) -> ModelService:
        """By its name."""
        return ModelService(self.cluster, TEAM, f"e2e-{name}", self.team.ingress)

    def made(self, name: str, **changes: Any) -> ModelService:
        """A service of the first good version; nothing is packed for it yet."""
        service = self.service(name)
        settings = {"resources": RESOURCES, "canary": CANARY, "replicas": {"min": 1, "max": 1}, "scaleBy": "requests"}
        model = registered.uri(self.version("good"))
        service.make(self.like, model, **settings | {"targetConcurrency": 4, "batching": None} | changes)
        return service


@pytest.fixture(scope="package")
def serving(cluster: Cluster, ingress: str, plain_idly: None) -> Iterator[Serving]:
    """Versions are registered once; services of tests go after the last test of this folder."""
    team = open_team(cluster, f"team-{TEAM}", ingress)
    own = ModelService(cluster, TEAM, LIKE, ingress)
    registered.remove_services(cluster, TEAM, ingress)
    numbers = registered.register(cluster, team.name, *KINDS)
    try:
        may_pack(cluster, team.name)
        yield Serving(cluster, team, own.get()["spec"], list(zip([kind for kind, _ in KINDS], numbers, strict=True)))
    finally:
        may_not_pack(cluster, team.name)
        registered.remove_services(cluster, TEAM, ingress)


@dataclass(frozen=True)
class First:
    """The service that most tests ask, and how it came up."""

    service: ModelService
    seconds: float
    """From `mlp model package` to the first answer."""
    answer: dict[str, Any]
    package: Package
    slow: dict[str, SlowClient]
    """Clients of it that have been there from the beginning."""

    def given_to(self, service: ModelService) -> None:
        """Roll the same version out in another service, without packing it again."""
        service.give(copied(self.package, service.repository))


@pytest.fixture(scope="package")
def first(serving: Serving) -> First:
    """One pod of a good version, packed and rolled out by the command that a person types."""
    service = serving.made("first")
    start = time.monotonic()
    service.mlp("package").must_succeed()
    answer = service.predict()
    seconds = time.monotonic() - start
    package = service.package_now
    assert package is not None
    return First(service, seconds, answer, package, slow_clients(service.target()))


Say = Callable[[str], None]
