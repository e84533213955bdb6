"""What a claim does with what the dead left behind, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from images.tuning.mlplatform_tuning import claims, runner
from images.tuning.mlplatform_tuning.runner import GivenUp, open_study
from images.tuning.mlplatform_tuning.settings import Sweep
from images.tuning.mlplatform_tuning.storage import Storage

SWEEP = Sweep("claims", "a:b", 4, heartbeat_seconds=1, grace_seconds=2)


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    made = Storage(f"sqlite:///{tmp_path}/trials.db", SWEEP.heartbeat_seconds, SWEEP.grace_seconds)
    yield made
    made.close()


@pytest.fixture
def study(storage: Storage) -> optuna.Study:
    return open_study(storage, SWEEP)


def end(study: optuna.Study, trial: optuna.Trial, value: float = 1.0) -> None:
    study._storage.set_trial_state_values(trial._trial_id, TrialState.COMPLETE, [value])


def must(trial: optuna.Trial | None) -> optuna.Trial:
    assert trial is not None
    return trial


def test_no_more_are_claimed_than_asked_for(storage: Storage, study: optuna.Study) -> None:
    claimed = [claims.claim(storage, study, SWEEP) for _ in range(6)]
    assert [trial is not None for trial in claimed] == [True] * 4 + [False] * 2


def test_one_whose_worker_died_before_its_first_heartbeat_runs_again(storage: Storage, study: optuna.Study) -> None:
    lost = study.ask()
    again = must(claims.claim(storage, study, SWEEP))
    assert claims.logical(study.trials[again.number]) == lost.number
    assert study.trials[lost.number].state == TrialState.FAIL


def test_one_that_failed_without_being_queued_again_is_queued(storage: Storage, study: optuna.Study) -> None:
    first = must(claims.claim(storage, study, SWEEP))
    x = first.suggest_float("x", 0, 1)
    # Its rescuer died after it had failed it.
    study._storage.set_trial_state_values(first._trial_id, TrialState.FAIL)
    again = must(claims.claim(storage, study, SWEEP))
    assert again.suggest_float("x", 0, 1) == x
    assert claims.logical(study.trials[again.number]) == first.number
    # Twice the same: still one logical trial, with both before it.
    study._storage.set_trial_state_values(again._trial_id, TrialState.FAIL)
    third = must(claims.claim(storage, study, SWEEP))
    assert study.trials[third.number].system_attrs["retry_history"] == [first.number, again.number]
    assert study.trials[again.number].system_attrs["retry_history"] == [first.number]
    end(study, third)
    assert claims.standing(study.trials).ended == 1


def test_what_kills_every_worker_counts_as_failed_in_the_end(storage: Storage, study: optuna.Study) -> None:
    for _ in range(claims.DEATHS):
        trial = must(claims.claim(storage, study, SWEEP))
        assert claims.logical(study.trials[trial.number]) == 0
        study._storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)
    assert claims.standing(study.trials).failed == 1
    following = must(claims.claim(storage, study, SWEEP))
    assert claims.logical(study.trials[following.number]) == following.number


def test_an_objectives_own_error_is_not_run_again(storage: Storage, study: optuna.Study) -> None:
    trial = must(claims.claim(storage, study, SWEEP))
    trial.set_user_attr(claims.ERROR, "ValueError: no")
    study._storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)
    claims.rescue(storage, study)
    assert claims.standing(study.get_trials()) == claims.Standing(complete=0, pruned=0, failed=1, running=0, waiting=0)


def test_workers_suggest_differently_and_a_seed_repeats_them(tmp_path: Path) -> None:
    def firsts(name: str) -> list[float]:
        kept = Storage(f"sqlite:///{tmp_path}/{name}.db", 1, 2)
        made = open_study(kept, SWEEP)
        found = [must(claims.claim(kept, made, SWEEP)).suggest_float("x", 0, 1) for _ in range(4)]
        kept.close()
        return found

    one = firsts("one")
    assert len(set(one)) == 4
    assert firsts("two") == one


def test_the_same_name_with_another_objective_is_refused(storage: Storage, study: optuna.Study) -> None:
    assert open_study(storage, SWEEP).study_name == study.study_name
    with pytest.raises(GivenUp, match=r"claims is there already with objective 'a:b', not 'c:d'"):
        open_study(storage, Sweep("claims", "c:d", 4))


@pytest.mark.parametrize(
    ("name", "kind"),
    [("none", "NopPruner"), ("median", "MedianPruner"), ("hyperband", "HyperbandPruner")],
)
def test_pruners(name: str, kind: str) -> None:
    assert type(runner.pruner(Sweep("a", "a:b", 1, pruner=name))).__name__ == kind
