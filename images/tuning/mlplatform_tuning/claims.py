"""Who runs which trial. All of it happens under the study's lock, and each step can be the last one of a process.

A *logical* trial is a trial with those that ran it again because its worker died: it has the first one's number.
Claimed are never more than the sweep asks for; what a dead worker left is queued again as it was (same parameters).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import optuna
from optuna.storages import RetryHeartbeatStaleTrialCallback, fail_stale_trials
from optuna.trial import FrozenTrial, TrialState

from .settings import Sweep
from .storage import Storage

ERROR = "error"
"""User attribute of a trial that failed by the objective's own error: it isn't run again."""
DEATHS = 4
"""So many workers may die of one trial; then it counts as failed: it may be what kills them (memory)."""
_again = RetryHeartbeatStaleTrialCallback()


@dataclass(frozen=True)
class Standing:
    """How many logical trials are where."""

    complete: int
    pruned: int
    failed: int
    running: int
    waiting: int

    @property
    def ended(self) -> int:
        """Those that are recorded."""
        return self.complete + self.pruned + self.failed

    @property
    def taken(self) -> int:
        """Those that are somebody's already."""
        return self.ended + self.running


def logical(trial: FrozenTrial) -> int:
    """The number of the first trial of those that ran again."""
    return int(trial.system_attrs.get("failed_trial", trial.number))


def standing(trials: Sequence[FrozenTrial]) -> Standing:
    """Count logical trials."""

    def of(state: TrialState) -> int:
        return sum(trial.state == state for trial in trials)

    return Standing(
        complete=of(TrialState.COMPLETE),
        pruned=of(TrialState.PRUNED),
        failed=sum(_failed(trial) for trial in trials),
        running=of(TrialState.RUNNING),
        waiting=of(TrialState.WAITING),
    )


def claim(storage: Storage, study: optuna.Study, sweep: Sweep) -> optuna.Trial | None:
    """The next trial; None if there is none for now: all are ended or run elsewhere."""
    with storage.lock(sweep.name):
        rescue(storage, study)
        trials = study.get_trials(deepcopy=False)
        if standing(trials).taken >= sweep.trials:
            return None
        # Workers that shared one seed would all suggest the same.
        study.sampler = optuna.samplers.TPESampler(seed=sweep.seed + len(trials), constant_liar=True)
        trial = study.ask()
        storage.optuna.record_heartbeat(trial._trial_id)
        return trial


def rescue(storage: Storage, study: optuna.Study) -> None:
    """Queue again what dead workers left."""
    # Asking and the first heartbeat are both under the lock: who holds it sees the one without the other of the dead.
    for trial_id in storage.silent(study):
        storage.optuna.set_trial_state_values(trial_id, TrialState.FAIL)
    fail_stale_trials(study)
    trials = study.get_trials(deepcopy=False)
    queued = {trial.system_attrs["retry_history"][-1] for trial in trials if _history(trial)}
    for trial in trials:
        if trial.state == TrialState.FAIL and not _failed(trial) and trial.number not in queued:
            print(f"trial {logical(trial)}: its worker is gone, it runs again", flush=True)
            # A copy: Optuna appends to the list of the trial that it is given, which is its cache's.
            _again(study, copy.deepcopy(trial))


def _failed(trial: FrozenTrial) -> bool:
    if trial.state != TrialState.FAIL:
        return False
    return ERROR in trial.user_attrs or len(_history(trial)) + 1 >= DEATHS


def _history(trial: FrozenTrial) -> list[int]:
    return list(trial.system_attrs.get("retry_history", []))
