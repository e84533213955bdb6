from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from examples.keyword_recommender import data, days

ALL = [days.FIRST + timedelta(days=number) for number in range(days.SLICES)]


def test_thirty_days_bring_the_whole_set_and_nothing_twice(raw: pd.DataFrame, ratings: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(data.ordered(pd.concat([days.arriving(day) for day in ALL])), ratings)
    assert set(days.arriving(ALL[0]).columns) < set(raw.columns)


def test_a_day_is_the_same_slice_whenever_it_is_asked_for() -> None:
    pd.testing.assert_frame_equal(days.arriving(ALL[7]), days.arriving(ALL[7]))
    pd.testing.assert_frame_equal(days.arriving(ALL[7]), days.arriving(ALL[7] + timedelta(days=300)))


def test_after_the_last_slice_they_begin_anew() -> None:
    assert [days.number(day) for day in (ALL[0], ALL[-1], ALL[-1] + timedelta(days=1))] == [1, 30, 1]


def test_what_has_arrived_is_of_this_round_alone() -> None:
    assert days.until(ALL[2]) == ALL[:3]
    assert days.until(ALL[-1]) == ALL
    assert days.until(date(2026, 11, 23))[0] == date(2026, 10, 26)
    assert days.until(date(2026, 10, 26)) == [date(2026, 10, 26)]


def test_no_day_before_the_first() -> None:
    with pytest.raises(ValueError, match="2019-12-31 is before the first synthetic day, 2020-01-01"):
        days.number(date(2019, 12, 31))
