"""A worker as a process of its own, for tests that kill it: python -m tests.unit.images.tuning.worker FOLDER SWEEP URL.

Its objective and its tracker write into the folder: what ran, and one file a run, as MLflow keeps them by their tags.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial, TrialState

from images.tuning.mlplatform_tuning import settings, storage
from images.tuning.mlplatform_tuning.claims import Standing, logical
from images.tuning.mlplatform_tuning.objective import Project
from images.tuning.mlplatform_tuning.runner import Worker

SECONDS = 0.15


class Files:
    """A tracker: runs are files. Making one is as idempotent as it is by MLflow's tags."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def begin(self) -> None:
        (self.folder / "sweep").touch()

    def started(self, trial: FrozenTrial) -> None:
        (self.folder / f"trial-{logical(trial)}").touch()

    def ended(self, trial: FrozenTrial, state: TrialState, value: float | None) -> None:
        (self.folder / f"trial-{logical(trial)}").write_text(
            json.dumps({"state": state.name, "value": value, "params": trial.params})
        )

    def progress(self, standing: Standing, best: FrozenTrial | None) -> None:
        (self.folder / "progress").write_text(str(standing.ended))

    def over(self, standing: Standing, best: FrozenTrial | None, problem: str | None) -> None:
        (self.folder / "over").write_text(problem or "")


def objective(trial: optuna.Trial) -> float:
    """A bowl whose trials take a moment, so that there is one to be killed in; every fifth falls behind."""
    x = trial.suggest_float("x", -5, 5)
    busy = Path(sys.argv[1]) / f"busy-{os.getpid()}"
    busy.touch()
    time.sleep(SECONDS)
    busy.unlink()
    trial.report(x * x, 0)
    if trial.number % 5 == 4:
        raise optuna.TrialPruned
    return x * x


def main(folder: Path, text: str, url: str) -> None:
    sweep = settings.parse(text)
    kept = storage.Storage(url, sweep.heartbeat_seconds, sweep.grace_seconds)
    Worker(kept, sweep, Project(objective), Files(folder / "runs")).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
