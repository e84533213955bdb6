"""The model as MLflow serves it: texts in, names of articles out. NumPy and pandas are all that it needs.

MLflow packs this package beside the model as `article_recommender`, which is why its modules import each other
relatively.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from .model import Recommender

DEFAULT_K = 10
MOST_K = 100


class Served:
    """The object behind `mlflow.pyfunc.load_model(...).predict(frame, params={"k": 10})`."""

    def __init__(self, model: Recommender) -> None:
        self._model = model

    def predict(self, frame: pd.DataFrame, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Articles for each row's `text`, the best first, with their scores (0 to about 1)."""
        k = min(max(int((params or {}).get("k", DEFAULT_K)), 1), MOST_K)
        ranked = self._model.recommend([str(text) for text in frame["text"]], k)
        return pd.DataFrame(
            {
                "articles": [[name for name, _ in row] for row in ranked],
                "scores": [[score for _, score in row] for row in ranked],
            },
            index=frame.index,
        )


def _load_pyfunc(path: str) -> Served:
    """MLflow's entry point; `path` is the folder that was logged."""
    return Served(Recommender.load(Path(path)))
