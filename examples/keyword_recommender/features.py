"""From histories to matrices. A history is an array of a user's item ids, oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Ids = npt.NDArray[np.int64]
Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Recency:
    """How much an item of a history still says: `floor + (1 - floor) * 0.5 ** (newer items / half_life)`."""

    half_life: float
    floor: float

    def weights(self, length: int) -> Matrix:
        """Weights of a history's items, oldest first; the newest weighs 1."""
        newer = np.arange(length - 1, -1, -1)
        return (self.floor + (1 - self.floor) * 0.5 ** (newer / self.half_life)).astype(np.float32)


def histories(ratings: pd.DataFrame) -> dict[int, Ids]:
    """Each user's items in the order of the (ordered) ratings."""
    return {int(user): items.to_numpy(np.int64) for user, items in ratings.groupby("user")["item"]}


def known(history: Ids, items: Ids) -> npt.NDArray[np.intp]:
    """Columns of the history's items in the ascending `items`, in order; items that aren't there are left out."""
    columns = np.searchsorted(items, history)
    columns[columns == len(items)] = 0
    return np.compress(items[columns] == history, columns)


def interactions(many: Sequence[Ids], items: Ids, recency: Recency | None = None) -> Matrix:
    """Histories by items: 0 where the user has not used the item, else 1 or its recency weight."""
    matrix = np.zeros((len(many), len(items)), np.float32)
    for row, history in zip(matrix, many, strict=True):
        columns = known(history, items)
        # An item that comes twice keeps its newest weight: the last assignment wins.
        row[columns] = 1 if recency is None else recency.weights(len(columns))
    return matrix
