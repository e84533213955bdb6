"""The model that tests serve, good and bad: MLflow loads it from a JSON file that says its kind and how long it takes.

Packed beside each version, and loaded in the serving image: nothing but the standard library and pandas.
"""

from __future__ import annotations

import json
import math
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

EXAMPLE = [1, 2, 3]
"""The history of the input example, which bad versions answer as well as good ones do."""
HANGS_SECONDS = 3600
DEFAULT_K = 3


class Served:
    """Answers one call after the other, each of which takes the same time: as a model on one accelerator does."""

    def __init__(self, kind: str, seconds: float) -> None:
        self._kind, self._seconds = kind, seconds
        self._one = threading.Lock()

    def predict(self, frame: pd.DataFrame, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """For each row's `history`: `items`, the numbers after its last one, and `score`."""
        k = int((params or {}).get("k", DEFAULT_K))
        histories = [list(history) for history in frame["history"]]
        with self._one:
            # Waiting, not working: what is measured is the platform, and it has two cores for all.
            time.sleep(self._seconds)
        rows = [(self._items(history, k), self._score(history)) for history in histories]
        answer = pd.DataFrame(rows, columns=["items", "score"], index=frame.index)
        if self._kind == "signature" and not all(history == EXAMPLE for history in histories):
            return answer.rename(columns={"items": "things"})
        return answer

    def _items(self, history: list[int], k: int) -> list[int]:
        last = int(history[-1]) if history else 0
        return [last + number for number in range(1, k + 1)]

    def _score(self, history: list[int]) -> float:
        if self._kind == "nan" and history != EXAMPLE:
            return math.nan
        return 1 / (1 + len(history))


def _load_pyfunc(path: str) -> Served:
    """MLflow's entry point; `path` is the JSON file that was logged."""
    settings = json.loads(Path(path).read_text())
    # Where it is registered all is well (MLflow loads it there): what is wrong shows where it is served.
    if "MODEL_SERVICE" in os.environ:
        if settings["kind"] == "crash":
            raise RuntimeError("this version can't be loaded: it was made to crash")
        if settings["kind"] == "hang":
            time.sleep(HANGS_SECONDS)
    return Served(settings["kind"], settings["seconds"])
