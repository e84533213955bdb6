"""A service grows with its load within the promised time, goes to nothing when idle, and comes back for who waits."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.e2e.serving.conftest import First, Say, Serving
from tests.support.model_services import ModelService
from tests.support.traffic.background import Background
from tests.support.traffic.figures import Traffic
from tests.support.traffic.generator import run
from tests.support.traffic.schedule import constant, steps

BEFORE, AFTER = 10, 100
"""Requests a second, before and after the step: one pod is enough for some 60."""
BEFORE_SECONDS, AFTER_SECONDS = 6, 34
"""Four seconds longer than is promised, so that there is something to look at then."""
AT_ONCE_SECONDS = 3
TARGET_SECONDS = 0.25
"""95 of 100 answers are to come within that; where one pod has to do alone they take seconds."""
BACK_SECONDS = 30
IDLE_SECONDS = 20
FROM_ZERO_SECONDS = 10
WAITING = 20


@pytest.fixture(scope="module")
def scaled(serving: Serving, first: First, searched_idly: None) -> Iterator[ModelService]:
    # No image is packed from here on.
    service = serving.made("scaled", replicas={"min": 0, "max": 3}, idleSeconds=IDLE_SECONDS)
    first.given_to(service)
    # The first answer says that a pod is there.
    service.until_rolled_out(first.package.version)
    service.predict()
    yield service
    service.remove(wait=False)


def seconds_until_back(traffic: Traffic) -> float:
    """From the step to the moment from which 95 of 100 come within the target: at once, and of all that follow."""

    def kept(since: int) -> bool:
        begin = BEFORE_SECONDS + since
        ends = (begin + AT_ONCE_SECONDS, float("inf"))
        return all(traffic.percentile(95, begin, end) <= TARGET_SECONDS for end in ends)

    return next((since for since in range(AFTER_SECONDS - AT_ONCE_SECONDS + 1) if kept(since)), float("inf"))


@pytest.mark.timeout(150)
def test_a_load_step_is_followed_in_time(scaled: ModelService, say: Say) -> None:
    with Background(scaled.target(), steps((BEFORE, BEFORE_SECONDS), (AFTER, AFTER_SECONDS))) as load:
        load.wait(BEFORE_SECONDS + AFTER_SECONDS)
        pods = len(scaled.pods(running=True))
    traffic = load.traffic
    back = seconds_until_back(traffic)
    worst = max(sample.seconds for sample in traffic.samples)
    last = traffic.percentile(95, BEFORE_SECONDS + BACK_SECONDS)
    say(
        f"load from {BEFORE} to {AFTER} requests a second: 95% within {TARGET_SECONDS * 1000:.0f} ms again after "
        f"{back:g} s with {pods} pods, promised {BACK_SECONDS} s; longest {worst:.1f} s, "
        f"95% in the end {last * 1000:.0f} ms, "
        f"{len(traffic.failures)} of {len(traffic.samples)} failed"
    )
    assert not traffic.failures, str(traffic)
    # Else nothing had to be scaled, and nothing was shown.
    assert back > 1, "one pod was enough for the step"
    assert pods > 1
    assert back <= BACK_SECONDS, str(traffic)


@pytest.mark.timeout(120)
def test_idle_it_has_no_pods_in_time(scaled: ModelService, say: Say) -> None:
    scaled.predict()
    took = scaled.until("no pod is left", lambda: not scaled.pods(), IDLE_SECONDS + 60)
    say(f"idle: no pods {took:.1f} s after the last request, promised {IDLE_SECONDS} s")
    # How often is looked; and nobody's next request finds no pod because of a pause to think.
    assert IDLE_SECONDS / 2 < took <= IDLE_SECONDS + 1


@pytest.mark.timeout(120)
def test_from_zero_who_waits_is_answered_in_time(scaled: ModelService, say: Say) -> None:
    scaled.until("no pod is left", lambda: not scaled.pods(), IDLE_SECONDS + 60)
    time.sleep(1)
    # Many at once, as people come.
    traffic = run(scaled.target(), constant(WAITING * 20, 1 / 20), patience=60)
    answered = min(sample.at + sample.seconds for sample in traffic.samples)
    last = max(sample.at + sample.seconds for sample in traffic.samples)
    say(
        f"from zero pods: first of {WAITING} waiting requests answered after {answered:.1f} s, "
        f"last after {last:.1f} s, promised {FROM_ZERO_SECONDS} s"
    )
    assert len(traffic.samples) == WAITING
    assert not traffic.failures, str(traffic)
    assert answered < FROM_ZERO_SECONDS
