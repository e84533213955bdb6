"""EASE^R, the closed-form linear autoencoder (Steck, WWW 2019), in its dual form.

EASE finds item-to-item weights B with a zero diagonal that minimise |X - XB|^2 + l2 |B|^2, X being users by items:
B = I - P / diag(P), P = (X'X + l2 I)^-1. That inverse is items by items (9,066 squared here). By Woodbury's identity
P = (I - X' (XX' + l2 I)^-1 X) / l2, whose inverse is users by users (671 squared): the same B in well under a second,
and no items-by-items matrix is ever held. With many more users than items the first form is the cheaper one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np

from .features import Ids, Matrix, Recency, interactions
from .ranking import top


@dataclass(frozen=True)
class Ease:
    """A fitted model: serves any history of known items, also of users that it hasn't seen."""

    items: Ids
    """Ascending ids of the catalogue."""
    used: Matrix
    """X, users by items: 1 where the user used the item."""
    solved: Matrix
    """(XX' + l2 I)^-1 X, users by items."""
    recency: Recency
    """Weights of a history's items when it is scored; fitting counts all of them alike."""

    @classmethod
    def fit(cls, many: Sequence[Ids], l2: float, recency: Recency) -> Ease:
        """Fit on histories; `l2` above 0 draws the weights to 0."""
        items = np.unique(np.concatenate(many))
        used = interactions(many, items)
        gram = (used @ used.T).astype(np.float64)
        solved = np.linalg.solve(gram + l2 * np.eye(len(used)), used.astype(np.float64))
        return cls(items, used, solved.astype(np.float32), recency)

    def scores(self, many: Sequence[Ids]) -> Matrix:
        """WB for the histories' weights W: histories by items, higher is better."""
        weights = interactions(many, self.items, self.recency)
        explained: Matrix = weights.dot(self.used.T).dot(self.solved)
        return weights - (weights - explained) / self._diagonal

    @cached_property
    def _diagonal(self) -> Matrix:
        """Of l2 P: the same for all histories."""
        found: Matrix = 1 - (self.used * self.solved).sum(axis=0)
        return found

    def recommend(self, many: Sequence[Ids], k: int) -> list[Ids]:
        """The best `k` new items for each history; the most popular ones where no item of a history is known."""
        return [items for items, _ in self.ranked(many, k)]

    def ranked(self, many: Sequence[Ids], k: int) -> list[tuple[Ids, Matrix]]:
        """The same with each item's score; the number of its users where no item of a history is known."""
        seen = interactions(many, self.items) > 0
        scores = self.scores(many)
        scores[~seen.any(axis=1)] = self.used.sum(axis=0)
        best = top(scores, seen, self.items, k)
        return [(items, row[np.searchsorted(self.items, items)]) for items, row in zip(best, scores, strict=True)]

    def save(self, file: Path | BinaryIO) -> None:
        """Write the model to one `.npz` file of plain arrays; nothing in it is code."""
        np.savez_compressed(
            file,
            items=self.items,
            used=np.packbits(self.used > 0, axis=1),
            solved=self.solved,
            recency=np.array([self.recency.half_life, self.recency.floor]),
        )

    @classmethod
    def load(cls, file: Path | BinaryIO) -> Ease:
        """Read what `save` wrote."""
        with np.load(file, allow_pickle=False) as arrays:
            items = arrays["items"]
            used = np.unpackbits(arrays["used"], axis=1, count=len(items)).astype(np.float32)
            half_life, floor = arrays["recency"]
            return cls(items, used, arrays["solved"], Recency(float(half_life), float(floor)))
