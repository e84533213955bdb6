from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from examples.keyword_recommender.features import Recency, histories, interactions
from examples.keyword_recommender.model import Ease

EQUAL = Recency(half_life=1, floor=1)
"""Every item of a history weighs the same."""


def primal(used: np.ndarray, l2: float) -> np.ndarray:
    """EASE as its paper writes it: items by items."""
    inverse = np.linalg.inv(used.T @ used + l2 * np.eye(used.shape[1]))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights


@pytest.mark.parametrize("l2", [1.0, 50.0])
def test_the_dual_form_equals_the_papers(few: pd.DataFrame, l2: float) -> None:
    many = list(histories(few[few["item"] < 1_500]).values())
    model = Ease.fit(many, l2, EQUAL)
    used = interactions(many, model.items).astype(np.float64)
    assert np.abs(model.scores(many) - used @ primal(used, l2)).max() < 1e-4


def test_an_item_that_goes_with_the_history_comes_first() -> None:
    many = [np.array([1, 2])] * 5 + [np.array([3, 4])] * 5 + [np.array([4, 5])] * 9
    model = Ease.fit(many, 1, EQUAL)
    assert [items[0] for items in model.recommend([np.array([1]), np.array([3])], 2)] == [2, 4]


def test_newer_items_count_more() -> None:
    many = [np.array([1, 2])] * 5 + [np.array([3, 4])] * 5
    model = Ease.fit(many, 1, Recency(half_life=1, floor=0))
    old_first, new_first = model.recommend([np.array([1, 3]), np.array([3, 1])], 1)
    assert (old_first[0], new_first[0]) == (4, 2)


def test_nothing_used_is_recommended_and_nothing_twice(few: pd.DataFrame) -> None:
    many = list(histories(few).values())
    for history, items in zip(many, Ease.fit(many, 100, EQUAL).recommend(many, 25), strict=True):
        assert len(set(items.tolist())) == 25
        assert set(items.tolist()).isdisjoint(history.tolist())


def test_a_user_without_a_known_item_gets_the_popular_ones() -> None:
    model = Ease.fit([np.array([1, 2]), np.array([2, 3]), np.array([2, 3])], 1, EQUAL)
    assert [items.tolist() for items in model.recommend([np.array([], np.int64), np.array([99])], 2)] == [[2, 3]] * 2


def test_what_is_saved_is_what_is_loaded(few: pd.DataFrame, tmp_path: Path) -> None:
    many = list(histories(few).values())
    model = Ease.fit(many, 100, Recency(5, 0.05))
    model.save(tmp_path / "model.npz")
    again = Ease.load(tmp_path / "model.npz")
    assert again.recency == model.recency
    assert np.array_equal(again.scores(many), model.scores(many))
