from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from examples.keyword_recommender.evaluate import bootstrap, by_user, hit, ndcg
from examples.keyword_recommender.features import Ids

RANKED = np.array([1, 2, 3, 4, 5])
LOG3 = math.log2(3)


@pytest.mark.parametrize(
    ("relevant", "k", "expected"),
    [
        ([1], 5, 1.0),
        ([2], 5, 1 / LOG3),
        ([3], 5, 0.5),
        ([3], 2, 0.0),
        ([9], 5, 0.0),
        ([1, 3], 5, (1 + 0.5) / (1 + 1 / LOG3)),
        ([2, 9], 5, (1 / LOG3) / (1 + 1 / LOG3)),
        # More relevant items than places: the best possible list has k of them.
        ([1, 2, 7, 8, 9], 2, 1.0),
        ([2, 7, 8, 9], 2, (1 / LOG3) / (1 + 1 / LOG3)),
    ],
)
def test_ndcg_equals_what_is_computed_by_hand(relevant: list[int], k: int, expected: float) -> None:
    assert ndcg(RANKED, np.array(relevant), k) == pytest.approx(expected)


def test_a_list_shorter_than_k_is_scored() -> None:
    assert ndcg(np.array([1]), np.array([1, 2]), 10) == pytest.approx(1 / (1 + 1 / LOG3))
    assert ndcg(np.array([], np.int64), np.array([1]), 10) == 0


def test_hit_looks_at_the_first_k() -> None:
    assert [hit(RANKED, np.array([3]), k) for k in (2, 3)] == [0, 1]


class Fixed:
    """Recommends the same to all, and remembers what it was shown."""

    def __init__(self) -> None:
        self.shown: list[list[int]] = []

    def recommend(self, many: Sequence[Ids], k: int) -> list[Ids]:
        self.shown = [history.tolist() for history in many]
        return [RANKED[:k]] * len(many)


def test_users_are_paired_with_their_own_future_and_only_the_past_is_shown() -> None:
    recommender = Fixed()
    past = {7: np.array([10]), 8: np.array([11]), 9: np.array([12])}
    future = {9: np.array([1]), 7: np.array([99]), 5: np.array([1])}
    scores = by_user(recommender, past, future, 3)
    assert recommender.shown == [[12], [10]]
    assert scores.ndcg.tolist() == [1, 0]
    assert scores.hit.tolist() == [1, 0]


def test_the_interval_of_a_mean_is_close_to_the_normal_one() -> None:
    values = np.random.default_rng(3).normal(2.0, 0.5, 600)
    found, error = bootstrap(values, seed=1), values.std() / math.sqrt(600)
    assert found.mean == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - 1.96 * error, abs=0.1 * error)
    assert found.high == pytest.approx(values.mean() + 1.96 * error, abs=0.1 * error)


def test_constant_values_have_no_width() -> None:
    found = bootstrap(np.full(50, 0.25), seed=1)
    assert (found.mean, found.low, found.high) == pytest.approx((0.25, 0.25, 0.25))


def test_two_users_give_the_binomial_extremes() -> None:
    found = bootstrap(np.array([0.0, 1.0]), seed=1)
    assert (found.mean, found.low, found.high) == (0.5, 0, 1)


def test_pairing_narrows_the_difference() -> None:
    random = np.random.default_rng(5)
    base = random.random(400)
    ours = base + 0.02 + random.normal(0, 0.01, 400)
    paired = bootstrap(ours - base, seed=1)
    assert paired.low > 0
    assert bootstrap(ours, seed=1).low < bootstrap(base, seed=1).high


def test_about_95_of_100_intervals_cover_the_truth() -> None:
    random = np.random.default_rng(11)
    found = [bootstrap(random.exponential(1.0, 200), seed, resamples=500) for seed in range(200)]
    assert 0.89 <= np.mean([each.low <= 1 <= each.high for each in found]) <= 0.99


def test_the_seed_decides() -> None:
    values = np.random.default_rng(3).random(50)
    assert bootstrap(values, 1) == bootstrap(values, 1) != bootstrap(values, 2)
