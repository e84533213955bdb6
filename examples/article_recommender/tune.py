"""What Optuna tunes: the mix, by NDCG@10 on the articles of the validation half. The test half is never seen here."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from . import train, vectors
from .judgement import halves, scores, words_of
from .model import Mix
from .vectors import Data

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

PARTS = 5
"""So often a trial says how it does, so that one which falls behind is ended."""


@cache
def data() -> Data:
    """Once a process."""
    return vectors.load()


def prepare() -> None:
    """Called by each worker before its first trial, one at a time: the first one makes the vectors for all."""
    data()


def objective(trial: optuna.Trial) -> float:
    """NDCG@10 of a mix; it is to be maximized."""
    import optuna

    mix = Mix(
        weight=trial.suggest_float("weight", 0, 1),
        k1=trial.suggest_float("k1", 0.2, 4.0),
        b=trial.suggest_float("b", 0, 1),
        title=trial.suggest_float("title", 0, 8),
        neighbours=trial.suggest_int("neighbours", 0, 10),
        echo=trial.suggest_float("echo", 0, 1),
    )
    found = data()
    words = words_of(found, mix.title)
    made: list[float] = []
    for step, part in enumerate(np.array_split(halves(found)[0], PARTS)):
        made += scores(found, words, mix, part.tolist()).tolist()
        trial.report(float(np.mean(made)), step)
        if trial.should_prune():
            raise optuna.TrialPruned
    return float(np.mean(made))


def finish(best: FrozenTrial) -> None:
    """The model of the best mix, scored on the test half and registered."""
    print(train.train(data(), Mix(**best.params)), flush=True)
