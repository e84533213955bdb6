"""A version that crashes, never gets ready, answers wrong or is ten times slower is found out and rolled back.

Five services at once, each of a good version under load; each is given one bad version by the command that people type.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
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
REASONS = {
    "crash": r"Crashed",
    "hang": r"NotReady",
    "nan": r"Errors",
    "signature": r"Errors",
    "slow": r"Slow",
}
"""What is said of each."""
START_SECONDS = 60
PACKAGE_SECONDS = 40
"""Packing, five at once on two cores, and the start of the candidate's pod."""


@dataclass(frozen=True)
class Tried:
    """What became of a bad version."""

    service: ModelService
    packed: Ran
    traffic: Traffic
    shown: dict[str, Any]


@pytest.fixture(scope="module")
def tried(serving: Serving, first: First) -> Iterator[dict[str, Tried]]:
    """All five, side by side."""
    services = {kind: serving.made(kind) for kind in REASONS}
    for service in services.values():
        first.given_to(service)
    good = first.package.version
    for service in services.values():
        service.until_rolled_out(good, START_SECONDS)

    def bad(kind: str) -> Ran:
        services[kind].serve(registered.uri(serving.version(kind)))
        return services[kind].mlp("package")

    with ExitStack() as stack:
        loads = {
            kind: stack.enter_context(Background(service.target(), constant(RATE)))
            for kind, service in services.items()
        }
        time.sleep(BEFORE_SECONDS)
        with ThreadPoolExecutor(len(services)) as pool:
            packed = dict(zip(services, pool.map(bad, services), strict=True))
        time.sleep(AFTER_SECONDS)
    yield {
        kind: Tried(service, packed[kind], loads[kind].traffic, service.shown()) for kind, service in services.items()
    }
    for service in services.values():
        service.cluster.kubectl("delete", "modelservice", "-n", service.namespace, service.name, "--wait=false")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", REASONS)
def test_it_is_rolled_back_in_time_and_the_reason_is_told(kind: str, tried: dict[str, Tried], say: Say) -> None:
    found = tried[kind]
    newest = found.shown["status"]["history"][0]
    within = PACKAGE_SECONDS + (CANARY["startSeconds"] if kind in ("crash", "hang") else CANARY["seconds"])
    say(
        f"a version that is bad ({kind}): rolled back {found.packed.seconds:.0f} s after `mlp model package`, "
        f"promised {within:.0f} s: {newest['message']}"
    )
    assert found.packed.code == 1
    assert newest["result"] == "rolled-back"
    assert re.search(REASONS[kind], newest["reason"])
    assert newest["message"] in found.packed.output
    assert found.packed.seconds < within


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
