from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from examples.keyword_recommender.contract import RATINGS, ContractError

SMALL = replace(RATINGS, minimal_rows=3)


def good() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "userId": [1, 1, 2, 2],
            "movieId": [10, 11, 10, 12],
            "title": ["a", None, "b", "c"],
            "rating": [0.5, 5.0, 3.0, 4.0],
            "timestamp": [1_000_000_000, 1_000_000_001, 1_000_000_002, 1_000_000_003],
        },
        index=[101, 102, 103, 104],
    )


def put(column: str, value: object, kind: str | None = None) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Put a value into row 103."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        if kind:
            frame[column] = frame[column].astype(kind)
        frame.loc[103, column] = value
        return frame

    return change


def test_the_published_set_keeps_the_contract(raw: pd.DataFrame) -> None:
    assert RATINGS.violations(raw) == []


def test_good_rows_keep_it() -> None:
    SMALL.enforce(good())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f.drop(columns="rating"), "column rating is missing"),
        (put("rating", 5.5), "rating must be at most 5: 1 rows (103)"),
        (put("rating", 0.0), "rating must be at least 0.5: 1 rows (103)"),
        (put("rating", None), "rating must not be empty: 1 rows (103)"),
        (put("rating", float("inf")), "rating must be at most 5: 1 rows (103)"),
        (lambda f: f.assign(rating=f["rating"].astype(str)), "rating must be of kind number, it is str"),
        (put("movieId", 0), "movieId must be at least 1: 1 rows (103)"),
        (put("userId", 2.5, "float64"), "userId must be of kind integer, it is float64"),
        (put("userId", None, "Int64"), "userId must not be empty: 1 rows (103)"),
        (put("timestamp", 1_000_000_002_000), "timestamp must be at most 4.1024"),
        (put("timestamp", 0), "timestamp must be at least 7.88918e+08: 1 rows (103)"),
        (put("movieId", 12), "userId and movieId must be unique together: 2 rows (103, 104)"),
        (lambda f: f.iloc[:2], "at least 3 rows are needed, there are 2"),
    ],
)
def test_each_broken_rule_is_named_with_its_rows(change: Callable[[pd.DataFrame], pd.DataFrame], said: str) -> None:
    found = SMALL.violations(change(good()))
    assert len(found) == 1, found
    assert said in str(found[0])


def test_enforce_names_every_rule() -> None:
    bad = put("movieId", 0)(put("rating", 9)(good()))
    with pytest.raises(ContractError) as caught:
        SMALL.enforce(bad)
    assert "movieId must be at least 1" in str(caught.value)
    assert "rating must be at most 5" in str(caught.value)


def test_many_rows_are_counted_and_the_first_named() -> None:
    many = pd.concat([good().assign(rating=9.0)] * 3, ignore_index=True).assign(movieId=range(1, 13))
    assert "12 rows (0, 1, 2, 3, 4, ...)" in str(SMALL.violations(many)[0])
