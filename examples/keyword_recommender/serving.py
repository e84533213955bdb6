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

from .model import Ease

DEFAULT_K = 10


class Served:
    """The object behind `mlflow.pyfunc.load_model(...).predict(frame, params={"k": 10})`."""

    def __init__(self, model: Ease) -> None:
        self._model = model

    def predict(self, frame: pd.DataFrame, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Rank items for each row's `history` (item ids, oldest first; unknown ones are ignored, it may be empty).

        A row's `scores` are those of its items, best first: what monitoring of a served model looks at.
        """
        k = int((params or {}).get("k", DEFAULT_K))
        many = [np.asarray(history, dtype=np.int64) for history in frame["history"]]
        ranked = self._model.ranked(many, k)
        columns = {
            "items": [items.tolist() for items, _ in ranked],
            "scores": [scores.tolist() for _, scores in ranked],
        }
        return pd.DataFrame(columns, index=frame.index)


def _load_pyfunc(path: str) -> Served:
    """MLflow's entry point; `path` is the file that was logged."""
    return Served(Ease.load(Path(path)))
