"""A version that crashes, never gets ready, answers wrong or is ten times slower is found out and rolled back.

Five services of a good version, each under load; each is given one bad version by the command that people type.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from tests.e2e.serving.conftest import CANARY, First, Say, Serving
from tests.support import registered
from tests.support.commands import Ran
from tests.support.model_services import ModelService
from tests.support.traffic.background import Background
from tests.support.traffic.figures import Traffic
from tests.support.traffic.schedule import constant

RATE = 8
BEFORE_SECONDS, AFTER_SECONDS = 2, 2
REASONS = {"crash": "Crashed", "hang": "NotReady", "nan": "Errors", "signature": "Errors", "slow": "Slow"}
"""What is said of each."""
ALONE = ("slow",)
"""What is measured: not beside others."""
WITHIN_SECONDS = CANARY["startSeconds"] + CANARY["seconds"]
"""The time that a version has to start, and that for which it is tried then."""
LOOK_SECONDS = 3
"""Times in the history are whole seconds, and a pod is seen when somebody looks."""
START_SECONDS = 90


@dataclass(frozen=True)
class Tried:
    """What became of a bad version."""

    service: ModelService
    packed: Ran
    traffic: Traffic
    shown: dict[str, Any]

    @property
    def seconds(self) -> float:
        """From the moment at which the version was packed until it was rolled back."""
        began, ended = self.shown["package"]["at"], self.shown["status"]["history"][0]["at"]
        return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()


@pytest.fixture(scope="module")
def tried(serving: Serving, first: First) -> Iterator[dict[str, Tried]]:
    """Those that wait for each other's work side by side, then those that are measured."""
    services = {kind: serving.made(kind) for kind in REASONS}
    for service in services.values():
        first.given_to(service)
    for service in services.values():
        service.until_rolled_out(first.package.version, START_SECONDS)

    def trial(kind: str) -> Tried:
        service = services[kind]
        service.serve(registered.uri(serving.version(kind)))
        with Background(service.target(), constant(RATE)) as load:
            load.wait(BEFORE_SECONDS)
            packed = service.mlp("package")
            load.wait(AFTER_SECONDS)
        return Tried(service, packed, load.traffic, service.shown())

    together = [kind for kind in REASONS if kind not in ALONE]
    with ThreadPoolExecutor(len(together)) as pool:
        found = dict(zip(together, pool.map(trial, together), strict=True))
    yield found | {kind: trial(kind) for kind in ALONE}
    for service in services.values():
        service.remove(wait=False)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", REASONS)
def test_it_is_rolled_back_in_time_and_the_reason_is_told(kind: str, tried: dict[str, Tried], say: Say) -> None:
    found = tried[kind]
    newest = found.shown["status"]["history"][0]
    say(
        f"a bad version ({kind}): {newest['result']} {found.seconds:.0f} s after it was packed, "
        f"promised {WITHIN_SECONDS} s: {newest['message']}"
    )
    assert found.packed.code == 1
    assert newest["result"] == "rolled-back"
    assert newest["reason"] == REASONS[kind]
    assert newest["message"] in found.packed.output
    assert found.seconds <= WITHIN_SECONDS + LOOK_SECONDS


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", REASONS)
def test_those_who_ask_meanwhile_are_answered(kind: str, tried: dict[str, Tried], serving: Serving) -> None:
    traffic = tried[kind].traffic
    assert not traffic.failures, str(traffic)
    bad = traffic.said[serving.version(kind)]
    # Chance gives a candidate a few more or less than its share of the little traffic.
    assert bad <= len(traffic.samples) * CANARY["weight"] / 100 + RATE
    if kind in ("crash", "hang"):
        assert bad == 0


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", REASONS)
def test_the_good_version_serves_on(kind: str, tried: dict[str, Tried], serving: Serving) -> None:
    found = tried[kind]
    assert str(found.shown["status"]["stable"]["version"]) == serving.version("good")
    assert found.service.predict()["version"] == serving.version("good")
    late = found.traffic.between(since=max(sample.at for sample in found.traffic.samples) - AFTER_SECONDS + 1)
    assert {sample.said for sample in late} == {serving.version("good")}
