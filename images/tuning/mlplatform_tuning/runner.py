"""A worker: one trial after another until the sweep has its number."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial

import optuna
from optuna.exceptions import TrialPruned, UpdateFinishedTrialError
from optuna.trial import FrozenTrial, TrialState

from . import claims
from .claims import ERROR, Standing
from .heartbeat import Heartbeat
from .objective import Project
from .problem import Problem
from .settings import Sweep
from .storage import Storage
from .tracking import Tracker

IDLE_SECONDS = 0.5
TRIES, TRY_SECONDS = 3, 5.0
IDENTITY, FINISHED = "mlplatform", "mlplatform.finished"
"""User attributes of a study."""


class Stopped(BaseException):
    """Somebody wants this worker to end: the trial that it runs is for another."""


class GivenUp(Problem):
    """The objective fails: no worker has to try again."""


def open_study(storage: Storage, sweep: Sweep) -> optuna.Study:
    """The study of the sweep's name, made unless it is there.

    Raises:
        GivenUp: It is there, of another objective, direction or seed.
    """
    with storage.lock(sweep.name):
        study = optuna.create_study(
            storage=storage.optuna,
            study_name=sweep.name,
            direction=optuna.study.StudyDirection[sweep.direction.upper()],
            pruner=pruner(sweep),
            load_if_exists=True,
        )
        before = study.user_attrs.get(IDENTITY)
        if before is None:
            study.set_user_attr(IDENTITY, sweep.identity)
            return study
    for key, value in sweep.identity.items():
        if before.get(key) != value:
            raise GivenUp(
                f"sweep {sweep.name} is there already with {key} {before.get(key)!r}, not {value!r}; "
                "take another name, or the same settings to take it up again"
            )
    return study


def pruner(sweep: Sweep) -> optuna.pruners.BasePruner:
    """What ends trials early."""
    made: dict[str, Callable[[], optuna.pruners.BasePruner]] = {
        "none": optuna.pruners.NopPruner,
        "median": optuna.pruners.MedianPruner,
        "hyperband": optuna.pruners.HyperbandPruner,
    }
    return made[sweep.pruner]()


class Worker:
    """Claims, runs, records."""

    def __init__(self, storage: Storage, sweep: Sweep, project: Project, tracker: Tracker) -> None:
        self.storage, self.sweep, self.project, self.tracker = storage, sweep, project, tracker
        self.study = open_study(storage, sweep)

    def run(self) -> Standing:
        """Run trials until as many have ended as were asked for; how it stands then.

        Raises:
            GivenUp: More trials failed than the sweep allows.
        """
        with self.storage.lock(f"{self.sweep.name}.begin"):
            self.tracker.begin()
            if self.project.prepare is not None:
                self._patiently(self.project.prepare, "prepare")
        while True:
            self._give_up()
            trial = claims.claim(self.storage, self.study, self.sweep)
            if trial is not None:
                self._one(trial)
            elif (now := self.standing()).ended >= self.sweep.trials:
                self._finish()
                self.tracker.over(now, self.best(), None)
                return now
            else:
                # Others are at the last ones: should one of them die, its trial is for this worker.
                time.sleep(IDLE_SECONDS)

    def _finish(self) -> None:
        best = self.best()
        if self.project.finish is None or best is None:
            return
        with self.storage.lock(f"{self.sweep.name}.finish"):
            # A sweep that was made longer is finished again: its best may be another one.
            if self.study.user_attrs.get(FINISHED) == self.sweep.trials:
                return
            self._patiently(partial(self.project.finish, best), "finish")
            self.study.set_user_attr(FINISHED, self.sweep.trials)

    def _patiently(self, act: Callable[[], object], what: str) -> None:
        """A tool that is away for a moment mustn't end the sweep; what fails each time does.

        Raises:
            GivenUp: It failed each time.
        """
        for again in range(TRIES, 0, -1):
            try:
                act()
                return
            except Exception as error:  # whatever the project's own code raises
                said = f"{what} of the objective's module failed: {type(error).__name__}: {error}"
                if again == 1:
                    self.tracker.over(self.standing(), self.best(), said)
                    raise GivenUp(said) from error
                print(f"{said}; it is tried again", flush=True)
                time.sleep(TRY_SECONDS)

    def standing(self) -> Standing:
        """How it stands now."""
        return claims.standing(self.study.get_trials(deepcopy=False))

    def best(self) -> FrozenTrial | None:
        """The best trial so far."""
        return self.study.best_trial if self.standing().complete else None

    def _give_up(self) -> None:
        now = self.standing()
        if now.failed <= self.sweep.failures:
            return
        errors = [
            found.user_attrs.get(ERROR, "its workers died of it")
            for found in self.study.get_trials(deepcopy=False)
            if found.state == TrialState.FAIL
        ]
        problem = f"{now.failed} trials failed, {self.sweep.failures} may; the last one: {errors[-1]}"
        self.tracker.over(now, self.best(), problem)
        raise GivenUp(problem)

    def _one(self, trial: optuna.Trial) -> None:
        frozen = self.study._storage.get_trial(trial._trial_id)
        with Heartbeat(self.storage.optuna, trial._trial_id):
            try:
                self.tracker.started(frozen)
                state, value = self._outcome(trial)
                self.tracker.ended(self.study._storage.get_trial(trial._trial_id), state, value)
                if not self._tell(trial, state, value):
                    return
            except (Stopped, Problem):
                # Not by its error: the next claim queues it again as it was.
                self._fail(trial._trial_id)
                raise
        now = self.standing()
        result = state.name.lower() if value is None else f"{state.name.lower()} {value:.6g}"
        print(f"trial {claims.logical(frozen)} {result}: {now.ended} of {self.sweep.trials}", flush=True)
        self.tracker.progress(now, self.best())

    def _outcome(self, trial: optuna.Trial) -> tuple[TrialState, float | None]:
        try:
            value = float(self.project.objective(trial))
        except TrialPruned:
            return TrialState.PRUNED, None
        except Exception as error:  # whatever the objective raises is its own, and is told as such
            trial.set_user_attr(ERROR, f"{type(error).__name__}: {error}")
            return TrialState.FAIL, None
        if math.isfinite(value):
            return TrialState.COMPLETE, value
        trial.set_user_attr(ERROR, f"the objective gave {value}, which is no score")
        return TrialState.FAIL, None

    def _tell(self, trial: optuna.Trial, state: TrialState, value: float | None) -> bool:
        """Whether it was still ours."""
        try:
            self.study._storage.set_trial_state_values(trial._trial_id, state, None if value is None else [value])
        except UpdateFinishedTrialError:
            # This worker stood still so long that it was taken for dead; another has the trial.
            print(f"trial {trial.number} was taken over: what this worker made of it is dropped", flush=True)
            return False
        return True

    def _fail(self, trial_id: int) -> None:
        try:
            self.storage.optuna.set_trial_state_values(trial_id, TrialState.FAIL)
        except UpdateFinishedTrialError:
            return
