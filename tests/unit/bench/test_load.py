"""Whether a load was held, and what is said where it wasn't."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from examples.keyword_recommender import days
from tests.bench.load import seconds_of
from tests.bench.load_figures import Attempt, Load, every, spread
from tests.support.keyword_recommender import free_days

WELL = Load(
    asked=10,
    a_minute=2,
    ended=[40.0] * 10,
    ended_a_minute=2.0,
    failed=[],
    queues=[1, 2, 2, 1, 2, 2],
    left=0,
    cores=1.4,
    node_cores=1.3,
    attempts=[Attempt("ingest", 1, 5.0, 3.0), Attempt("data_contract", 2, 4.0, 2.0)],
)


def test_a_rate_is_held_if_all_end_well_and_no_queue_grows() -> None:
    assert WELL.held
    text = "\n".join(WELL.lines(2))
    assert "10 ended well, 0 failed, 0 left; 2.00 a minute" in text
    assert "39 s of a core a run" in text
    assert "tried again: 1 x data_contract" in text
    assert "NOT HELD" not in text


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (replace(WELL, failed=["load-1: ingest"]), "1 runs failed, with 1.40 of 2 cores in use"),
        (replace(WELL, left=1), "it is waiting, not work"),
        (replace(WELL, queues=[1, 2, 3, 4, 6, 8, 9, 10], ended_a_minute=1.5), "the limit is 1.50 runs a minute"),
        (replace(WELL, left=3, cores=1.95), "the processor is full, 1.95 of 2 cores are in use"),
    ],
)
def test_one_that_is_not_held_is_told_with_its_cause(broken: Load, said: str) -> None:
    assert not broken.held
    assert "NOT HELD" in broken.lines(2)[-1]
    assert said in broken.lines(2)[-1]


def test_days_that_have_a_run_are_left_out_and_the_others_follow_each_other() -> None:
    used = {days.FIRST, days.FIRST + timedelta(days=2), date(1999, 1, 1)}
    assert free_days(used, 1) == [days.FIRST + timedelta(days=1)]
    assert free_days(used, 3) == [days.FIRST + timedelta(days=each) for each in (3, 4, 5)]


def test_a_run_counts_from_its_trigger() -> None:
    run = {"queued_at": "2026-11-23T10:00:00.500000Z", "start_date": None, "end_date": "2026-11-23T10:00:42.500000Z"}
    assert seconds_of(run) == 42


def test_few_values_are_shown_too() -> None:
    assert spread([]) == "none"
    assert spread([3.0]) == "3.0 s (95%: 3.0 s)"
    assert every(list(range(100)), 10) == list(range(0, 100, 10))
    assert every([1, 2], 10) == [1, 2]
