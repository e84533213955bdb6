from __future__ import annotations

import pandas as pd
import pytest

from examples.keyword_recommender import data

KEY = ["user", "item"]


def test_the_set_is_the_published_one(ratings: pd.DataFrame) -> None:
    assert (len(ratings), ratings["user"].nunique(), ratings["item"].nunique()) == (100_004, 671, 9_066)


def test_order_is_by_time_within_user_and_the_same_for_shuffled_rows(raw: pd.DataFrame, ratings: pd.DataFrame) -> None:
    assert ratings["user"].is_monotonic_increasing
    assert (ratings.groupby("user")["timestamp"].diff().dropna() >= 0).all()
    pd.testing.assert_frame_equal(data.ordered(raw.sample(frac=1, random_state=1)), ratings)


def test_equal_seconds_are_not_ordered_by_item(ratings: pd.DataFrame) -> None:
    same = (ratings["user"].diff() == 0) & (ratings["timestamp"].diff() == 0)
    ascending = (ratings["item"].diff()[same] > 0).mean()
    assert same.sum() > 10_000
    assert 0.45 < ascending < 0.55


def test_the_future_is_the_last_part_of_each_user(ratings: pd.DataFrame) -> None:
    past, future = data.hold_out(ratings, 0.2)
    assert len(past) + len(future) == len(ratings)
    assert set(past.index).isdisjoint(future.index)
    assert future["user"].nunique() == 671
    last, first = past.groupby("user")["timestamp"].max(), future.groupby("user")["timestamp"].min()
    assert (last <= first).all()
    size, held = ratings.groupby("user").size(), future.groupby("user").size()
    assert (held == (size * 0.2).astype(int)).all()


def test_no_user_and_item_is_in_both_parts(ratings: pd.DataFrame) -> None:
    past, future = data.hold_out(ratings, 0.2)
    assert past.merge(future, on=KEY).empty


def test_a_single_rating_stays_in_the_past_and_two_are_shared() -> None:
    small = pd.DataFrame({"user": [1, 2, 2], "item": [5, 5, 6], "rating": 3.0, "timestamp": [1, 1, 2]})
    past, future = data.hold_out(small, 0.2)
    assert past[KEY].to_numpy().tolist() == [[1, 5], [2, 5]]
    assert future[KEY].to_numpy().tolist() == [[2, 6]]


@pytest.mark.parametrize("of", [1, 7, 30])
def test_days_are_the_whole_and_no_rating_comes_twice(ratings: pd.DataFrame, of: int) -> None:
    days = [data.day(ratings, n, of) for n in range(1, of + 1)]
    together = pd.concat(days)
    assert not together.duplicated(KEY).any()
    pd.testing.assert_frame_equal(together.sort_index(), ratings)


def test_days_follow_each_users_order_and_are_even(ratings: pd.DataFrame) -> None:
    number = pd.concat(pd.Series(n, index=data.day(ratings, n, 10).index) for n in range(1, 11)).sort_index()
    assert (number.groupby(ratings["user"]).diff().dropna() >= 0).all()
    sizes = number.value_counts()
    assert sizes.min() > 9_500
    assert (ratings.groupby(number)["user"].nunique() == 671).all()


@pytest.mark.parametrize("n", [0, 8, -1])
def test_a_day_outside_is_refused(ratings: pd.DataFrame, n: int) -> None:
    with pytest.raises(ValueError, match=f"day {n} of 7"):
        data.day(ratings, n, of=7)


def test_the_hash_tells_data_apart(few: pd.DataFrame) -> None:
    changed = few.copy()
    changed.loc[3, "rating"] = 1.5 if changed.loc[3, "rating"] != 1.5 else 2.0
    assert data.data_hash(few) == data.data_hash(few.copy())
    assert len({data.data_hash(each) for each in (few, changed, few.iloc[1:])}) == 3
