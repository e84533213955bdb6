"""The model as MLflow serves it: histories in, ranked items out.

MLflow packs this package beside the model as `keyword_recommender` (not `examples.keyword_recommender`), which is why
its modules import each other relatively.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from . import online
from .features import Ids
from .model import Ease

DEFAULT_K = 10
NOTHING: Ids = np.array([], np.int64)


class Served:
    """The object behind `mlflow.pyfunc.load_model(...).predict(frame, params={"k": 10})`."""

    def __init__(self, model: Ease) -> None:
        self._model = model

    def predict(self, frame: pd.DataFrame, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Rank items for each row's `history` (item ids, oldest first; unknown ones are ignored, it may be empty).

        A row without one has a `user`, whose history is what the feature store knows now: the same feature that the
        model was trained on.

        A row's `scores` are those of its items, best first: what monitoring of a served model looks at.
        """
        k = int((params or {}).get("k", DEFAULT_K))
        many = _histories(frame)
        ranked = self._model.ranked(many, k)
        columns = {
            "items": [items.tolist() for items, _ in ranked],
            "scores": [scores.tolist() for _, scores in ranked],
        }
        return pd.DataFrame(columns, index=frame.index)


def _histories(frame: pd.DataFrame) -> list[Ids]:
    """Of each row; all users that have to be looked up are looked up at once."""
    rows = frame.to_dict("records")
    many = [None if _none(row.get("history")) else np.asarray(row["history"], np.int64) for row in rows]
    users = {
        index: int(row["user"]) for index, row in enumerate(rows) if many[index] is None and not _none(row.get("user"))
    }
    found = dict(zip(users, online.histories(list(users.values())) if users else (), strict=True))
    return [found.get(index, NOTHING) if history is None else history for index, history in enumerate(many)]


def _none(value: Any) -> bool:
    """Whether a row has no value there: a frame has NaN for that."""
    return value is None or (isinstance(value, float) and np.isnan(value))


def _load_pyfunc(path: str) -> Served:
    """MLflow's entry point; `path` is the file that was logged."""
    return Served(Ease.load(Path(path)))
