from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from examples.keyword_recommender.features import Recency, histories, interactions, known

ITEMS = np.array([3, 5, 9])


def test_histories_keep_the_order() -> None:
    ratings = pd.DataFrame({"user": [1, 1, 2], "item": [9, 3, 5]})
    assert {user: items.tolist() for user, items in histories(ratings).items()} == {1: [9, 3], 2: [5]}


def test_unknown_items_are_left_out_wherever_they_lie() -> None:
    assert known(np.array([9, 1, 4, 3, 99]), ITEMS).tolist() == [2, 0]
    assert known(np.array([], dtype=np.int64), ITEMS).tolist() == []


def test_the_newest_weighs_one_and_half_lives_halve_down_to_the_floor() -> None:
    assert Recency(half_life=2, floor=0).weights(5) == pytest.approx([0.25, 0.3536, 0.5, 0.7071, 1], abs=1e-4)
    assert Recency(half_life=1, floor=0.2).weights(200)[0] == pytest.approx(0.2)


def test_interactions_are_ones_or_recency() -> None:
    many = [np.array([9, 3]), np.array([7])]
    assert interactions(many, ITEMS).tolist() == [[1, 0, 1], [0, 0, 0]]
    assert interactions(many, ITEMS, Recency(1, 0)).tolist() == [[1, 0, 0.5], [0, 0, 0]]


def test_an_item_that_comes_twice_keeps_its_newest_weight() -> None:
    assert interactions([np.array([3, 5, 3])], ITEMS, Recency(1, 0)).tolist() == [[1, 0.5, 0]]
