"""The wait for a machine with nothing else to do."""

from __future__ import annotations

from itertools import cycle

import pytest

from tests.support import machine

LOOK = 0.01


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "LOOK_SECONDS", LOOK)


def test_it_ends_when_little_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    # What is read before and after each of three looks.
    read = iter([0, 1.5 * LOOK, 0, 0.9 * LOOK, 0, 0.25 * LOOK])
    monkeypatch.setattr(machine, "busy_seconds", lambda: next(read))
    assert machine.wait_for_quiet(cores=0.5, within=60) == pytest.approx(0.25)


def test_it_ends_in_time_and_says_what_still_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    read = cycle([0, 1.5 * LOOK])
    monkeypatch.setattr(machine, "busy_seconds", lambda: next(read))
    assert machine.wait_for_quiet(cores=0.5, within=5 * LOOK) == pytest.approx(1.5)
