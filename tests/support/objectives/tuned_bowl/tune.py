"""A bowl to find the bottom of; each trial takes a moment in several steps, so that there is one to be killed in."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import optuna

STEPS, SECONDS = 4, 0.25


def objective(trial: optuna.Trial) -> float:
    """The height; what falls behind the others is pruned."""
    import optuna

    x, y = (trial.suggest_float(name, -5, 5) for name in ("x", "y"))
    height = x * x + (y - 1) ** 2
    for step in range(STEPS):
        time.sleep(SECONDS)
        trial.report(height / (step + 1), step)
        if trial.should_prune():
            raise optuna.TrialPruned
    return height
