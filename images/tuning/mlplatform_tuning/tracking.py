"""Every trial is a run in MLflow, below the sweep's own. A run is found by its tags: whoever does it again finds it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from optuna.trial import FrozenTrial, TrialState

from .claims import ERROR, Standing, logical
from .problem import Problem
from .settings import Sweep

SWEEP, TRIAL, STATE, OUTCOME = "mlplatform.sweep", "optuna_trial", "optuna_state", "mlplatform.outcome"
PARENT = "mlflow.parentRunId"
ENDED = {TrialState.COMPLETE: "FINISHED", TrialState.PRUNED: "KILLED", TrialState.FAIL: "FAILED"}
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}


class Tracker(Protocol):
    """Where the runs go."""

    def begin(self) -> None:
        """Have the sweep's own run. One worker at a time."""

    def started(self, trial: FrozenTrial) -> None:
        """Have the run of a trial."""

    def ended(self, trial: FrozenTrial, state: TrialState, value: float | None) -> None:
        """Record how a trial ended, before Optuna is told: a worker that dies in between does both again."""

    def progress(self, standing: Standing, best: FrozenTrial | None) -> None:
        """Note how far the sweep is."""

    def over(self, standing: Standing, best: FrozenTrial | None, problem: str | None) -> None:
        """End the sweep's own run. Any number of workers, each says the same."""


class Mlflow:
    """A server that MLflow's own variables name."""

    def __init__(self, sweep: Sweep, environment: Mapping[str, str]) -> None:
        for variable, value in QUIET.items():
            os.environ.setdefault(variable, value)
        # Here: without a server, as in tests, nobody needs its seconds.
        import mlflow

        self._mlflow, self._client = mlflow, mlflow.MlflowClient()
        self._sweep = sweep
        self._tags = {
            "code_version": environment.get("MLP_CODE_VERSION", "unknown"),
            "image": environment.get("MLP_IMAGE", "unknown"),
            SWEEP: sweep.name,
        }
        self._experiment = self._parent = ""

    def begin(self) -> None:
        """As `Tracker`."""
        with self._explained():
            self._experiment = self._mlflow.set_experiment(self._sweep.name).experiment_id
            self._client.set_experiment_tag(self._experiment, SWEEP, self._sweep.direction)
            found = self._search(f"tags.`{SWEEP}` = '{self._sweep.name}' AND tags.`{TRIAL}` = 'all'")
            if found is None:
                tags = {**self._tags, TRIAL: "all", "objective": self._sweep.objective}
                found = self._client.create_run(self._experiment, run_name=self._sweep.name, tags=tags).info.run_id
                self._params(found, self._sweep.identity | {"pruner": self._sweep.pruner})
            self._parent = found
            self._client.update_run(found, status="RUNNING")
            self._client.set_tag(found, "trials", str(self._sweep.trials))
            self._client.set_tag(found, OUTCOME, "running")

    def started(self, trial: FrozenTrial) -> None:
        """As `Tracker`."""
        with self._explained():
            self._run(logical(trial))

    def ended(self, trial: FrozenTrial, state: TrialState, value: float | None) -> None:
        """As `Tracker`."""
        from mlflow.entities import Metric, Param, RunTag

        now = int(time.time() * 1000)
        metrics = [Metric("reported", found, now, step) for step, found in sorted(trial.intermediate_values.items())]
        if value is not None and state == TrialState.COMPLETE:
            metrics.append(Metric("value", value, now, 0))
        tags = [RunTag(STATE, state.name), RunTag("optuna_number", str(trial.number))]
        if error := trial.user_attrs.get(ERROR):
            tags.append(RunTag(ERROR, str(error)[:1000]))
        with self._explained():
            run = self._run(logical(trial))
            params = [Param(key, str(found)) for key, found in trial.params.items()]
            self._client.log_batch(run, metrics=metrics, params=params, tags=tags)
            self._client.set_terminated(run, ENDED[state])

    def progress(self, standing: Standing, best: FrozenTrial | None) -> None:
        """As `Tracker`."""
        from mlflow.entities import Metric

        now, step = int(time.time() * 1000), standing.ended
        metrics = [Metric("trials_ended", standing.ended, now, step)]
        if best is not None and best.value is not None:
            metrics.append(Metric("best_value", best.value, now, step))
        with self._explained():
            self._client.log_batch(self._parent, metrics=metrics)

    def over(self, standing: Standing, best: FrozenTrial | None, problem: str | None) -> None:
        """As `Tracker`."""
        from mlflow.entities import RunTag

        tags = [RunTag(OUTCOME, "failed" if problem else "ended"), RunTag(ERROR, (problem or "")[:1000])]
        tags += [RunTag(f"trials_{key}", str(getattr(standing, key))) for key in ("complete", "pruned", "failed")]
        if best is not None:
            tags += [RunTag("best_trial", str(logical(best)))]
            tags += [RunTag(f"best.{key}", str(found)) for key, found in best.params.items()]
        self.progress(standing, best)
        with self._explained():
            self._client.log_batch(self._parent, tags=tags)
            self._client.set_terminated(self._parent, "FAILED" if problem else "FINISHED")

    def _run(self, number: int) -> str:
        """The run of a logical trial, made unless it is there."""
        found = self._search(f"tags.`{SWEEP}` = '{self._sweep.name}' AND tags.`{TRIAL}` = '{number}'")
        if found is None:
            tags = {**self._tags, TRIAL: str(number), PARENT: self._parent, STATE: "RUNNING"}
            found = self._client.create_run(self._experiment, run_name=f"trial-{number}", tags=tags).info.run_id
        return found

    def _search(self, wanted: str) -> str | None:
        runs = self._client.search_runs([self._experiment], wanted, max_results=1)
        return str(runs[0].info.run_id) if runs else None

    def _params(self, run: str, values: Mapping[str, object]) -> None:
        from mlflow.entities import Param

        self._client.log_batch(run, params=[Param(key, str(value)) for key, value in values.items()])

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except self._mlflow.exceptions.MlflowException as error:
            text: Any = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise Problem(f"MLflow did not record it: {text}") from error
