"""NDCG@k and HR@k a user, and bootstrap intervals over users."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .features import Ids
from .ranking import Recommender

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A mean over users and its 95% interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class UserScores:
    """One value a user, in the order of the users that were asked about."""

    ndcg: Values
    hit: Values


def ndcg(recommended: Ids, relevant: Ids, k: int) -> float:
    """Normalised discounted cumulative gain of the first `k`: a hit at rank r gains 1 / log2(r + 1); 1 is best."""
    discounts = 1 / np.log2(np.arange(2, k + 2))
    hits = np.isin(recommended[:k], relevant)
    return float(discounts[: len(hits)][hits].sum() / discounts[: len(relevant)].sum())


def hit(recommended: Ids, relevant: Ids, k: int) -> float:
    """1 if any of the first `k` is relevant, else 0 (its mean over users is the hit rate)."""
    return float(np.isin(recommended[:k], relevant).any())


def by_user(recommender: Recommender, past: Mapping[int, Ids], future: Mapping[int, Ids], k: int) -> UserScores:
    """Score recommendations from each user's past against their future, for the users who have one.

    What a future holds that no past of any user does can't be recommended; it counts as missed all the same.
    """
    users = [user for user in future if user in past]
    ranked = recommender.recommend([past[user] for user in users], k)
    pairs = [(items, future[user]) for user, items in zip(users, ranked, strict=True)]
    return UserScores(
        ndcg=np.array([ndcg(items, relevant, k) for items, relevant in pairs]),
        hit=np.array([hit(items, relevant, k) for items, relevant in pairs]),
    )


def bootstrap(values: Values, seed: int, resamples: int = 5_000) -> Interval:
    """The mean and its 95% percentile interval when the users are drawn again with replacement.

    For the difference of two recommenders pass the differences of the same users: pairing them is what makes the
    interval narrow enough to tell them apart.
    """
    draws = np.random.default_rng(seed).multinomial(len(values), np.full(len(values), 1 / len(values)), size=resamples)
    low, high = np.quantile(draws @ values / len(values), [0.025, 0.975])
    return Interval(float(values.mean()), float(low), float(high))
