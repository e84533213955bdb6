"""A worker's whole life, from its environment to what came of the sweep: the same in a Job and in a DAG's task."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import optuna
from optuna.trial import FrozenTrial

from . import objective, settings, storage, tracking
from .claims import Standing, logical
from .runner import Stopped, Worker


@dataclass(frozen=True)
class Ended:
    """A sweep that has all its trials."""

    name: str
    standing: Standing
    best: FrozenTrial | None

    def as_dict(self) -> dict[str, Any]:
        """What a task hands on: plain values alone."""
        counts = {key: getattr(self.standing, key) for key in ("complete", "pruned", "failed")}
        if self.best is None:
            return {"sweep": self.name, **counts, "trial": None, "value": None, "params": {}}
        return {
            "sweep": self.name,
            **counts,
            "trial": logical(self.best),
            "value": self.best.value,
            "params": dict(self.best.params),
        }


def run(environment: Mapping[str, str]) -> Ended:
    """Run trials until the sweep has all of them.

    Args:
        environment: SWEEP, STORAGE_URL, MLflow's own variables; PROJECT where the objective isn't importable already.

    Raises:
        GivenUp: The objective fails: nobody should try again.
        Problem: Something is missing or wrong; another try may help.
        Stopped: SIGTERM came; the trial that ran here is for another worker.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sweep = settings.parse(settings.needed(environment, "SWEEP"))
    with _stopping():
        kept = storage.Storage(
            settings.needed(environment, "STORAGE_URL"), sweep.heartbeat_seconds, sweep.grace_seconds
        )
        try:
            project = objective.load(sweep.objective, environment)
            worker = Worker(kept, sweep, project, tracking.Mlflow(sweep, environment))
            return Ended(sweep.name, worker.run(), worker.best())
        finally:
            kept.close()


@contextmanager
def _stopping() -> Iterator[None]:
    """While the block runs, SIGTERM raises Stopped."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Stopped

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
