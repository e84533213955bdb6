"""When requests are due."""

from __future__ import annotations

import itertools
from statistics import mean, stdev

import pytest

from tests.support.traffic.schedule import bursts, chance, constant, steps


def test_constant() -> None:
    assert list(constant(4, 1)) == [0, 0.25, 0.5, 0.75]
    assert list(itertools.islice(constant(10), 25))[-1] == 2.4


def test_steps_follow_each_other() -> None:
    assert list(steps((2, 1), (4, 1))) == [0, 0.5, 1, 1.25, 1.5, 1.75]


def test_bursts_come_on_top_in_order() -> None:
    found = list(bursts(2, 2, size=3, every=0.75))
    assert found == sorted(found)
    assert [at for at in found if found.count(at) >= 3] == [0.75] * 3 + [1.5] * 4
    assert len(found) == 4 + 6


def test_chance_has_its_rate_no_order_and_can_be_had_again() -> None:
    found = list(chance(500, 20))
    assert len(found) == pytest.approx(10_000, rel=0.05)
    gaps = [later - earlier for earlier, later in itertools.pairwise(found)]
    # The gaps of a Poisson process spread as much as they are long.
    assert stdev(gaps) == pytest.approx(mean(gaps), rel=0.1)
    assert found == list(chance(500, 20))
    assert found != list(chance(500, 20, seed=2))
