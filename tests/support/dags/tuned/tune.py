"""What is tuned: a moment of work for each trial, so that two workers have something each."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import optuna

SECONDS = 0.5


def objective(trial: optuna.Trial) -> float:
    """The height of a bowl at x."""
    x = trial.suggest_float("x", -5, 5)
    time.sleep(SECONDS)
    return x * x
