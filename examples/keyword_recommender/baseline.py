"""The baseline: what most users used, that this user hasn't yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .features import Ids, Matrix, interactions
from .ranking import top


@dataclass(frozen=True)
class Popularity:
    """Ranks items by the number of users who used them."""

    items: Ids
    counts: Matrix

    @classmethod
    def fit(cls, many: Sequence[Ids]) -> Popularity:
        """Count each item once a user."""
        items = np.unique(np.concatenate(many))
        return cls(items, interactions(many, items).sum(axis=0))

    def recommend(self, many: Sequence[Ids], k: int) -> list[Ids]:
        """The most used items that each history lacks."""
        seen = interactions(many, self.items) > 0
        return top(np.broadcast_to(self.counts, seen.shape), seen, self.items, k)
