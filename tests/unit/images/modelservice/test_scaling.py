"""How many pods a service gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from images.modelservice.modelservice import scaling
from images.modelservice.modelservice.scaling import Bounds, Load


def loaded(concurrency: float, seconds: int = 3, *, until: float = 100.0) -> Load:
    load = Load(until)
    for second in range(seconds):
        load.observe(until - seconds + 1 + second, concurrency, asked=concurrency > 0)
    return load


def count(load: Load, current: int, *, waiting: int = 0, now: float = 100.0, least: int = 0) -> int:
    return scaling.wanted(load, Bounds(least, 5, 4, 60), current, waiting, now)


@pytest.mark.parametrize(
    ("concurrency", "pods_wanted"), [(0.1, 1), (4, 1), (4.3, 1), (4.5, 2), (9, 3), (40, 5), (1000, 5)]
)
def test_more_pods_come_at_once_and_no_more_than_may_be(concurrency: float, pods_wanted: int) -> None:
    assert count(loaded(concurrency), 1) == pods_wanted


def test_one_hiccup_of_a_second_asks_for_less_than_a_step() -> None:
    load = loaded(4)
    load.observe(100.5, 12, asked=True)
    assert count(load, 1, now=100.5) < 3


def test_a_request_that_waits_brings_the_first_pod() -> None:
    assert count(Load(0.0), 0, waiting=1) == 1
    assert count(Load(0.0), 0, waiting=9) == 3


def test_fewer_pods_only_when_fewer_would_have_done_for_a_while() -> None:
    load = loaded(12)
    assert count(load, 3) == 3
    for second in range(1, 60):
        load.observe(100.0 + second, 1, asked=True)
        found = count(load, 3, now=100.0 + second)
        if second <= scaling.SLOW_SECONDS:
            assert found == 3, second
    assert found == 1


def test_the_last_pod_goes_in_time_to_be_gone_by_the_idle_time() -> None:
    load = Load(100.0)
    bounds = Bounds(0, 5, 4, 60)
    gone = [second for second in range(70) if scaling.wanted(load, bounds, 1, 0, 100.0 + second) == 0]
    assert gone[0] == 60 - scaling.PARTING_SECONDS


def test_where_one_is_the_least_it_stays() -> None:
    assert count(Load(0.0), 1, least=1, now=10_000.0) == 1


@given(
    concurrency=st.floats(0, 1e6),
    current=st.integers(0, 20),
    waiting=st.integers(0, 10_000),
    least=st.integers(0, 5),
    more=st.integers(0, 15),
)
def test_the_number_is_always_within_its_bounds(
    concurrency: float, current: int, waiting: int, least: int, more: int
) -> None:
    most = max(1, least + more)
    found = scaling.wanted(loaded(concurrency), Bounds(least, most, 4, 60), current, waiting, 100.0)
    assert least <= found <= most
    assert not waiting or found
