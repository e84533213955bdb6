"""Hyperparameters, chosen on a validation split of the past: the test split is never seen here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import pandas as pd

from .data import hold_out
from .evaluate import by_user
from .features import Recency, histories
from .model import Ease


@dataclass(frozen=True)
class Grid:
    """The values to try, all with all."""

    l2: Sequence[float] = (200, 400, 800)
    half_life: Sequence[float] = (3, 5, 10, 20)
    floor: Sequence[float] = (0, 0.05, 0.1)


@dataclass(frozen=True)
class Choice:
    """The best of the grid and its NDCG on the validation split."""

    l2: float
    recency: Recency
    ndcg: float


def tune(past: pd.DataFrame, grid: Grid, fraction: float, k: int) -> Choice:
    """The best NDCG@k on the last `fraction` of each user's past, fitted on what comes before; the first of equals."""
    earlier, later = (histories(part) for part in hold_out(past, fraction))
    tried = []
    for l2 in grid.l2:
        model = Ease.fit(list(earlier.values()), l2, Recency(half_life=1, floor=0))
        for half_life, floor in product(grid.half_life, grid.floor):
            recency = Recency(half_life, floor)
            scores = by_user(replace(model, recency=recency), earlier, later, k)
            tried.append(Choice(l2, recency, float(scores.ndcg.mean())))
    return max(tried, key=lambda choice: choice.ndcg)
