"""A sweep of 40 trials, 4 at a time, two of its workers killed: each trial is there once, and it ends by itself."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import pytest

from tests.e2e.conftest import Teams
from tests.support.beside import Beside
from tests.support.cluster import Cluster
from tests.support.commands import Ran, mlp
from tests.support.pipelines import Run
from tests.support.sweeps import ALL, ENDED, Sweep, file_of, kill_at_work
from tests.support.teams import Team, open_team

TRIALS, KILLED = 40, 2
IN_DAG = 6
"""As the DAG `tuned` says."""
SECONDS = 100


@pytest.fixture(scope="module")
def search(teams: Teams, cluster: Cluster, ingress: str) -> Team:
    return open_team(cluster, teams.search, ingress)


@dataclass(frozen=True)
class Swept:
    """A sweep that has ended."""

    sweep: Sweep
    ran: Ran
    killed: list[str]
    most: int
    """Pods that ran at once."""


@pytest.fixture(scope="module")
def swept(search: Team, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Swept:
    sweep = Sweep(f"e2e-{token_hex(4)}", search)
    file, ran = file_of(sweep.name, tmp_path_factory.mktemp("sweep")), list[Ran]()
    short = search.name.removeprefix("team-")

    def run() -> None:
        ran.append(mlp("sweep", "run", str(file), "--team", short, seconds=3 * SECONDS))

    thread = threading.Thread(target=run)
    thread.start()
    killed: list[str] = []
    for moment in (6, 16):
        sweep.wait_for(moment, SECONDS)
        killed += kill_at_work(cluster, sweep, 1)
    most = 0
    while thread.is_alive():
        most = max(most, len(sweep.pods(cluster)))
        thread.join(0.5)
    return Swept(sweep, ran[0], killed, most)


@pytest.mark.timeout(4 * SECONDS)
def test_it_ends_by_itself_in_time(swept: Swept, say: Callable[[str], None]) -> None:
    swept.ran.must_succeed()
    say(
        f"sweep of {TRIALS} trials, 4 at a time, {KILLED} workers killed: {swept.ran.seconds:.0f} s, "
        f"promised {SECONDS} s"
    )
    assert len(set(swept.killed)) == KILLED
    assert swept.most <= 4
    assert swept.ran.seconds < SECONDS


def test_no_trial_is_lost_or_doubled(swept: Swept, say: Callable[[str], None]) -> None:
    trials = swept.sweep.trials()
    done = [trial for trial in trials if trial.state in ENDED]
    assert len(done) == len({trial.logical for trial in done}) == TRIALS
    # What is left of the killed ones is marked as such, and each of them ran again.
    assert {trial.state for trial in trials} <= {*ENDED, "FAIL"}
    assert {trial.logical for trial in trials} == {trial.logical for trial in done}
    again = len(trials) - len(done)
    say(
        f"  recorded: {len(done)} in Optuna, none lost, none doubled; {again} ran again because their worker was killed"
    )


def test_every_trial_is_a_run_in_mlflow(swept: Swept, say: Callable[[str], None]) -> None:
    runs = swept.sweep.runs()
    own = runs.pop(ALL)
    done = {str(trial.logical): trial.state for trial in swept.sweep.trials() if trial.state in ENDED}
    assert {number: tags["optuna_state"] for number, tags in runs.items()} == done
    assert len({tags["mlflow.parentRunId"] for tags in runs.values()}) == 1
    assert (own["mlplatform.outcome"], own["best_trial"] in done) == ("ended", True)
    assert "@sha256:" in own["image"]
    say(f"  recorded: {len(runs)} runs in MLflow below the sweep's own, in the states that Optuna has")


def test_nothing_of_it_runs_on(swept: Swept, cluster: Cluster) -> None:
    assert swept.sweep.pods(cluster) == []
    job = cluster.get("job", "-n", swept.sweep.team.name, f"sweep-{swept.sweep.name}")
    assert "Complete" in {one["type"] for one in job["status"]["conditions"] if one["status"] == "True"}
    # Its project goes with it.
    config = cluster.get("configmap", "-n", swept.sweep.team.name, f"sweep-{swept.sweep.name}")
    assert config["metadata"]["ownerReferences"][0]["uid"] == job["metadata"]["uid"]


@pytest.mark.timeout(120)
def test_a_dag_tunes_in_its_own_tasks(
    tuned: Callable[[], Run], beside: Beside, search: Team, say: Callable[[str], None]
) -> None:
    pipelines, run = search.pipelines, beside.result("tuned", tuned)
    assert run.state == "success"
    say(f"sweep of {IN_DAG} trials by two tasks of a DAG, and a task after it: {run.seconds:.0f} s")
    log = pipelines.log("tuned", run.id, "told", f"told: tuned-{run.id}")
    (name,) = re.findall(rf"told: (tuned-{run.id}[a-z0-9-]*): {IN_DAG} complete, x is ", log)
    sweep = Sweep(name, search)
    assert [trial.state for trial in sweep.trials()] == ["COMPLETE"] * IN_DAG
    own = sweep.runs().pop(ALL)
    assert own["mlplatform.outcome"] == "ended"
    # What ran is the pushed commit, in the image of tasks.
    assert re.fullmatch(r"[0-9a-f]{40}", own["code_version"])
    assert "airflow-worker@sha256:" in own["image"]
    states = {task["state"] for task in pipelines.tasks("tuned", run.id).values()}
    assert states == {"success"}


@pytest.mark.timeout(200)
def test_taken_up_with_more_trials_it_adds_them(swept: Swept, tmp_path: Path) -> None:
    file, team = file_of(swept.sweep.name, tmp_path), swept.sweep.team.name.removeprefix("team-")
    start = time.monotonic()
    mlp("sweep", "run", str(file), "--team", team, "--trials", str(TRIALS + 2), seconds=150).must_succeed()
    assert swept.sweep.ended() == TRIALS + 2
    shown = mlp("sweep", "list", "--team", team, seconds=60).must_succeed().stdout
    (line,) = [line for line in shown.splitlines() if line.startswith(f"{swept.sweep.name} ")]
    assert line.split()[1:5] == ["ended", str(TRIALS + 2), "of", str(TRIALS + 2)]
    assert time.monotonic() - start < 120
