from __future__ import annotations

import numpy as np

from examples.keyword_recommender.baseline import Popularity
from examples.keyword_recommender.ranking import top

ITEMS = np.array([10, 20, 30, 40, 50])
NONE = np.zeros((1, 5), bool)


def test_best_first_and_ties_by_item() -> None:
    scores = np.array([[1, 3, 2, 3, 1]], np.float32)
    assert top(scores, NONE, ITEMS, 4)[0].tolist() == [20, 40, 30, 10]


def test_seen_items_are_left_out_and_too_few_left_are_fewer() -> None:
    scores = np.array([[5, 4, 3, 2, 1]], np.float32)
    seen = np.array([[True, False, True, True, False]])
    assert top(scores, seen, ITEMS, 4)[0].tolist() == [20, 50]


def test_only_the_top_is_sorted_but_the_result_is_the_same() -> None:
    scores = np.random.default_rng(1).integers(0, 20, (30, 500)).astype(np.float32)
    seen = np.random.default_rng(2).random((30, 500)) < 0.3
    expected = np.argsort(-np.where(seen, -np.inf, scores), axis=1, kind="stable")[:, :10]
    assert np.array_equal(np.stack(top(scores, seen, np.arange(500), 10)), expected)


def test_popularity_counts_users_not_uses() -> None:
    model = Popularity.fit([np.array([1, 1, 1, 2]), np.array([2, 3]), np.array([2, 3])])
    assert model.recommend([np.array([], np.int64), np.array([2])], 2)[0].tolist() == [2, 3]
    assert model.recommend([np.array([2])], 2)[0].tolist() == [3, 1]
