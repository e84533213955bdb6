"""How good a ranking is, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

K = 10
SEED, RESAMPLES = 20_261_129, 2_000
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A mean and its 95% interval."""

    mean: float
    low: float
    high: float


def ndcg(scores: Floats, relevant: Sequence[int], k: int = K) -> float:
    """Of one ranking: 1 if the relevant ones stand first, 0 if none of them is among the first k."""
    order = np.argsort(-scores, kind="stable")[:k]
    worth = 1 / np.log2(np.arange(2, k + 2))
    hits = np.isin(order, relevant)
    return float((hits * worth[: len(order)]).sum() / worth[: min(k, len(relevant))].sum())


def bootstrap(values: Floats, seed: int = SEED) -> Interval:
    """The mean over queries, and between what it would be for 95% of other queries like these."""
    chance = np.random.default_rng(seed)
    means = values[chance.integers(0, len(values), (RESAMPLES, len(values)))].mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(values.mean()), float(low), float(high))
