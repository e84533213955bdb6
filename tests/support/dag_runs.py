"""DAGs of tests/support/dags, pushed by the real command and run on a team's Airflow."""

from __future__ import annotations

import time
from secrets import token_hex
from typing import Any

from local import paths
from mlp.airflow import ENDED, Airflow, path
from tests.support.commands import Ran, mlp
from tests.support.teams import Team

DAGS = paths.checkout() / "tests" / "support" / "dags"
PATIENCE = 60


def airflow_of(team: Team) -> Airflow:
    """A team's Airflow, signed in as its user."""
    user, password = team.keys.airflow_user, team.keys["airflow"]
    return Airflow(f"http://{team.airflow.host}", user, password, patience=PATIENCE)


def push(dag: str, team: Team) -> Ran:
    """Push one of the DAGs; returns once Airflow has it."""
    return mlp("dag", "push", str(DAGS / dag), "--team", team.name.removeprefix("team-"), seconds=120).must_succeed()


def start(airflow: Airflow, dag: str, run: str, **conf: Any) -> None:
    """Trigger a run under an id of its own."""
    airflow.post(f"{path('dags', dag)}/dagRuns", {"dag_run_id": run, "logical_date": None, "conf": conf})


def wait(airflow: Airflow, dag: str, run: str, seconds: float) -> str:
    """How a run ended.

    Raises:
        AssertionError: It hasn't.
    """
    end = time.monotonic() + seconds
    while (state := airflow.get(path("dags", dag, "dagRuns", run))["state"]) not in ENDED:
        assert time.monotonic() < end, (
            f"run {run} of {dag} is {state} after {seconds:.0f} s: {tasks(airflow, dag, run)}"
        )
        time.sleep(0.5)
    return str(state)


def wait_for_task(airflow: Airflow, dag: str, run: str, task: str, state: str, seconds: float) -> None:
    """Until a task of a run is in a state."""
    end = time.monotonic() + seconds
    while (now := tasks(airflow, dag, run)).get(task) != state:
        assert time.monotonic() < end, f"{task} isn't {state} after {seconds:.0f} s: {now}"
        time.sleep(0.5)


def run_once(dag: str, team: Team, seconds: float = 90) -> None:
    """Push one of the DAGs and run it to its end."""
    push(dag, team)
    airflow, run = airflow_of(team), f"e2e-{token_hex(4)}"
    start(airflow, dag, run)
    assert wait(airflow, dag, run, seconds) == "success", tasks(airflow, dag, run)


def tasks(airflow: Airflow, dag: str, run: str) -> dict[str, str]:
    """The state of each task of a run."""
    found = instances(airflow, dag, run)
    return {one["task_id"]: str(one["state"]) for one in found}


def instances(airflow: Airflow, dag: str, run: str) -> list[dict[str, Any]]:
    """The task instances of a run."""
    found: list[dict[str, Any]] = airflow.get(path("dags", dag, "dagRuns", run, "taskInstances"))["task_instances"]
    return found


def log(airflow: Airflow, dag: str, run: str, task: str, attempt: int = 1) -> str:
    """What a task wrote, as Airflow shows it."""
    return str(airflow.get(f"{path('dags', dag, 'dagRuns', run, 'taskInstances', task, 'logs')}/{attempt}"))
