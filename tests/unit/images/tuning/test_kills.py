"""Exactly the trials that were asked for, whoever is killed and when: real processes, kill -9."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from images.tuning.mlplatform_tuning import claims
from images.tuning.mlplatform_tuning.problem import Problem
from images.tuning.mlplatform_tuning.settings import Sweep, as_json
from images.tuning.mlplatform_tuning.storage import Storage, read_only
from tests.unit.images.tuning.conftest import program

ROOT = Path(__file__).resolve().parents[4]
SECONDS = 90


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """PostgreSQL, as on the platform, where the machine has it."""
    return request.getfixturevalue("postgres") if program("postgres") else f"sqlite:///{tmp_path}/trials.db"


def start(folder: Path, sweep: Sweep, url: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.unit.images.tuning.worker", str(folder), as_json(sweep), url]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)


def ended(folder: Path) -> int:
    progress = folder / "runs" / "progress"
    return int(progress.read_text() or 0) if progress.exists() else 0


def wait_for(folder: Path, trials: int) -> None:
    end = time.monotonic() + SECONDS
    while ended(folder) < trials:
        assert time.monotonic() < end, f"{ended(folder)} trials after {SECONDS} s"
        time.sleep(0.02)


def kill_in_a_trial(folder: Path, worker: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + SECONDS
    while not (folder / f"busy-{worker.pid}").exists():
        assert worker.poll() is None and time.monotonic() < end, "the worker ran no trial"
        time.sleep(0.01)
    worker.send_signal(signal.SIGKILL)
    assert worker.wait(10) == -signal.SIGKILL


@pytest.mark.timeout(240)
def test_as_many_trials_as_asked_for_with_workers_killed(tmp_path: Path, url: str) -> None:
    sweep = Sweep("kills", "worker:objective", 16, pruner="median", seed=3, heartbeat_seconds=1, grace_seconds=4)
    workers = [start(tmp_path, sweep, url) for _ in range(3)]
    for round_ in range(2):
        wait_for(tmp_path, 4 + 4 * round_)
        kill_in_a_trial(tmp_path, workers.pop(0))
        workers.append(start(tmp_path, sweep, url))
    # They end by themselves.
    assert [worker.wait(SECONDS) for worker in workers] == [0, 0, 0]

    kept = Storage(url, 1, 2)
    trials = optuna.load_study(study_name="kills", storage=kept.optuna).get_trials()
    kept.close()
    done = [trial for trial in trials if trial.state in (TrialState.COMPLETE, TrialState.PRUNED)]
    assert len(done) == 16
    assert len({claims.logical(trial) for trial in done}) == 16
    assert sum(trial.state == TrialState.FAIL for trial in trials) >= 2
    assert claims.standing(trials).running == claims.standing(trials).waiting == 0
    # What was killed is there as such, and each of them ran again with the parameters that it had.
    by_number = {trial.number: trial for trial in trials}
    for again in (trial for trial in trials if "retry_history" in trial.system_attrs):
        before = by_number[again.system_attrs["retry_history"][-1]]
        assert before.state == TrialState.FAIL
        assert before.params.items() <= again.params.items()
    # One run a logical trial, each ended as Optuna has it.
    runs = {file.name: json.loads(file.read_text()) for file in (tmp_path / "runs").glob("trial-*")}
    assert {f"trial-{claims.logical(trial)}": trial.state.name for trial in done} == {
        name: run["state"] for name, run in runs.items()
    }
    assert (tmp_path / "runs" / "over").read_text() == ""


@pytest.mark.timeout(240)
def test_all_workers_killed_and_the_sweep_taken_up_again(tmp_path: Path, url: str) -> None:
    sweep = Sweep("again", "worker:objective", 12, heartbeat_seconds=1, grace_seconds=4)
    workers = [start(tmp_path, sweep, url) for _ in range(2)]
    wait_for(tmp_path, 4)
    for worker in workers:
        worker.kill()
        worker.wait(10)
    assert start(tmp_path, sweep, url).wait(SECONDS) == 0
    assert len(list((tmp_path / "runs").glob("trial-*"))) == 12
    assert ended(tmp_path) == 12


def test_the_dashboard_can_read_and_the_server_refuses_it_to_write(postgres: str) -> None:
    kept = Storage(postgres, 1, 2)
    study = optuna.create_study(storage=kept.optuna, study_name="shown")
    study.add_trial(optuna.trial.create_trial(value=1.0))
    reader = read_only(postgres)
    assert [trial.value for trial in optuna.load_study(study_name="shown", storage=reader).get_trials()] == [1.0]
    with pytest.raises(optuna.exceptions.StorageInternalError) as refused:
        reader.delete_study(study._study_id)
    assert "read-only transaction" in str(refused.value.__cause__)
    # Airflow's tables are beside ours, and we don't look at them.
    with kept.optuna.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT current_schema()").scalar() == "tuning"
    kept.close()


def test_a_server_that_is_away_is_said_without_its_password() -> None:
    with pytest.raises(Problem, match=r"team-x:\*\*\*@127.0.0.1:9/team-x doesn't answer: .*refused"):
        Storage("postgresql+psycopg2://team-x:secret@127.0.0.1:9/team-x", 1, 2)
