"""Whether a new version is good, how far it is, and what is counted for that."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from images.modelservice.modelservice import canary, rollout, stats
from images.modelservice.modelservice.meter import Figures, Meter, quantile
from images.modelservice.modelservice.rollout import Facts
from images.modelservice.modelservice.state import CANARY, PROMOTING, STARTING
from images.modelservice.modelservice.wanted import Canary

RULE = Canary(weight=10, seconds=30, start_seconds=60, max_error_percent=1, max_latency_ratio=3)


def seen(requests: int, errors: int, p50: float, p95: float, reason: str = "") -> Figures:
    return Figures(requests, errors, p50, p95, requests - errors, reason)


GOOD = seen(100, 0, 0.010, 0.020)


@pytest.mark.parametrize(
    ("elapsed", "candidate", "what", "reason"),
    [
        (1, seen(5, 1, 0.01, 0.02, "500 x"), "wait", ""),
        (1, seen(5, 2, 0.01, 0.02, "500 x"), "roll back", "Errors"),
        (30, seen(50, 1, 0.01, 0.02, "500 x"), "roll back", "Errors"),
        (30, seen(200, 2, 0.01, 0.02, "500 x"), "promote", "Passed"),
        (29, GOOD, "wait", ""),
        (30, GOOD, "promote", "Passed"),
        (30, seen(100, 0, 0.010, 0.059), "promote", "Passed"),
        (30, seen(100, 0, 0.010, 0.061), "roll back", "Slow"),
        (9, seen(100, 0, 0.100, 0.200), "wait", ""),
        (10, seen(100, 0, 0.100, 0.200), "roll back", "Slow"),
        (10, seen(100, 0, 0.010, 0.200), "wait", ""),
        (30, seen(99, 0, 0.010, 0.200), "promote", "Passed"),
        (30, seen(20, 0, 0.031, 0.040), "roll back", "Slow"),
        (10, seen(19, 0, 0.100, 0.200), "wait", ""),
        (30, seen(19, 0, 0.100, 0.200), "wait", ""),
        (60, seen(19, 0, 0.100, 0.200), "roll back", "Slow"),
        (60, seen(3, 0, 0.100, 0.200), "roll back", "Slow"),
        (60, seen(2, 0, 0.100, 0.200), "promote", "Passed"),
        (60, seen(3, 0, 0.010, 0.200), "promote", "Passed"),
    ],
)
def test_a_version_is_judged(elapsed: float, candidate: Figures, what: str, reason: str) -> None:
    verdict = canary.judge(RULE, elapsed, GOOD, candidate)
    assert (verdict.what, verdict.reason) == (what, reason)
    assert bool(verdict.message) is (what != "wait")


def test_errors_that_the_version_before_makes_too_are_no_reason() -> None:
    before = seen(100, 10, 0.01, 0.02)
    assert canary.judge(RULE, 30, before, seen(100, 10, 0.01, 0.02)).what == "promote"


def test_a_few_milliseconds_are_the_machines() -> None:
    quick = seen(100, 0, 0.0005, 0.001)
    assert canary.judge(RULE, 30, quick, seen(100, 0, 0.002, 0.0055)).what == "promote"
    assert canary.judge(RULE, 30, quick, seen(100, 0, 0.008, 0.010)).reason == "Slow"


def test_where_nobody_asks_and_no_example_is_there_being_ready_is_enough() -> None:
    assert canary.judge(RULE, 30, Figures(), Figures()).reason == "Ready"


def test_its_own_requests_are_enough_by_two_thirds_of_the_time() -> None:
    asked = 0
    for second in range(20):
        asked += canary.probes(second, RULE, Figures(asked))
    assert asked >= canary.ENOUGH
    assert canary.probes(25, RULE, Figures(canary.ENOUGH)) == 0


# How far it is.


def facts(phase: str = STARTING, **changes: Any) -> Facts:
    values = {"first": False, "ready": 1, "crashes": 0, "crash": "", "blocked": "", "elapsed": 1.0, "unready": 0.0}
    return Facts(phase, **{**values, **changes})


@pytest.mark.parametrize(
    ("known", "what", "reason"),
    [
        (facts(), "canary", ""),
        (facts(first=True), "switch", "FirstVersion"),
        (facts(ready=0), "wait", ""),
        (facts(ready=0, elapsed=61), "roll back", "NotReady"),
        (facts(ready=0, elapsed=61, blocked="QuotaExceeded: x"), "wait", ""),
        (facts(ready=0, crashes=1, crash="x"), "wait", ""),
        (facts(ready=0, crashes=2, crash="x"), "roll back", "Crashed"),
        (facts(CANARY, crashes=1, crash="x"), "roll back", "Crashed"),
        (facts(CANARY, ready=0, unready=5), "wait", ""),
        (facts(CANARY, ready=0, unready=11), "roll back", "NotReady"),
        (facts(CANARY, elapsed=31, stable=GOOD, candidate=GOOD), "promote", "Passed"),
        (facts(PROMOTING, goal=2), "wait", ""),
        (facts(PROMOTING, goal=2, ready=2), "switch", ""),
        (facts(PROMOTING, goal=2, elapsed=31), "switch", ""),
        (facts(PROMOTING, goal=2, ready=0, elapsed=31), "wait", ""),
        (facts(PROMOTING, goal=2, crashes=1, crash="x"), "roll back", "Crashed"),
    ],
    ids=str,
)
def test_a_version_goes_on_or_back(known: Facts, what: str, reason: str) -> None:
    step = rollout.step(RULE, known)
    assert (step.what, step.reason) == (what, reason)


# What is counted.


@given(st.lists(st.floats(0, 100), min_size=1), st.sampled_from([0.5, 0.95]))
def test_so_many_values_are_at_most_the_quantile(values: list[float], share: float) -> None:
    found = quantile(sorted(values), share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert sum(value < found for value in values) < share * len(values) + 1e-9


def test_errors_have_no_latency() -> None:
    meter = Meter()
    meter.right(meter.begin())
    meter.wrong(meter.begin(), "500")
    meter.lost(meter.begin())
    found = meter.figures()
    assert (found.requests, found.errors, found.timed, found.reason, found.error_percent) == (2, 1, 1, "500", 50)
    assert 0 < found.p50 == found.p95 < 0.1


def test_what_is_under_way_for_long_counts_as_slow() -> None:
    meter = Meter()
    meter.right(meter.begin())
    for _ in range(3):
        meter.begin()
    time.sleep(0.05)
    found = meter.figures()
    assert (found.requests, found.timed) == (1, 4)
    assert found.p50 >= 0.05


def test_the_mean_between_two_readings_is_exact() -> None:
    before, after = stats.Reading(10.0, 3.0, 5, 0), stats.Reading(12.0, 8.0, 9, 1)
    assert stats.use(before, after) == stats.Use(2.5, 1, True)
    assert stats.use(after, stats.Reading(13.0, 8.0, 9, 0)) == stats.Use(0.0, 0, False)


def test_a_pod_that_started_anew_counts_by_what_it_has_now() -> None:
    assert stats.use(stats.Reading(10.0, 300.0, 500, 2), stats.Reading(11.0, 0.5, 3, 1)) == stats.Use(1, 1, True)
