"""A team's pipelines as a person has them: `mlp` to push, Airflow's REST API for what its page shows."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

from local import paths
from local.node.config import NodeConfig
from mlp import task_logs
from mlp.airflow import ENDED, Airflow, path
from tests.support.commands import Ran, mlp

DAGS = paths.checkout() / "tests" / "support" / "dags"
"""One folder a project."""
POLL_SECONDS = 0.25
LOG_SECONDS = 15


@dataclass(frozen=True)
class Run:
    """A run of a DAG that has ended."""

    dag: str
    id: str
    state: str
    seconds: float
    """From the request that started it until Airflow said that it had ended."""
    versions: tuple[int, ...]
    """Numbers of the DAG versions that its tasks ran with."""


@dataclass(frozen=True)
class Pipelines:
    """One team's."""

    team: str
    airflow: Airflow

    @classmethod
    def of(cls, team: str, patience: float = 0) -> Pipelines:
        """With the credentials that `mlp` hands out now; `patience` as in `Airflow`."""
        given = json.loads(mlp("credentials", "airflow", "--team", team, "--json", seconds=60).must_succeed().stdout)
        address = f"http://airflow-{team}.localhost:{NodeConfig().ingress_port}"
        return cls(team, Airflow(address, given["user"], given["password"], patience))

    def push(self, project: Path, seconds: float = 120) -> Ran:
        """`mlp dag push`."""
        return mlp("dag", "push", str(project), "--team", self.team, seconds=seconds)

    def trigger(self, dag: str, **conf: Any) -> str:
        """Start a run; its id."""
        run = f"e2e-{token_hex(6)}"
        body = {"dag_run_id": run, "logical_date": None, "conf": conf}
        self.airflow.post(f"{path('dags', dag)}/dagRuns", body)
        return run

    def status(self, dag: str, run: str) -> dict[str, Any]:
        """A run as Airflow tells it."""
        found: dict[str, Any] = self.airflow.get(f"{path('dags', dag)}{path('dagRuns', run)}")
        return found

    def run(self, dag: str, seconds: float = 120, **conf: Any) -> Run:
        """Start a run and wait for its end.

        Raises:
            AssertionError: It hasn't ended after so many seconds.
        """
        start = time.monotonic()
        run = self.trigger(dag, **conf)
        found = self.wait(dag, run, seconds)
        return Run(dag, run, found["state"], time.monotonic() - start, versions_of(found))

    def wait(self, dag: str, run: str, seconds: float) -> dict[str, Any]:
        """A run that has ended, as Airflow tells it.

        Raises:
            AssertionError: It hasn't ended after so many seconds.
        """
        end = time.monotonic() + seconds
        while (found := self.status(dag, run))["state"] not in ENDED:
            assert time.monotonic() < end, f"{dag} {run} is {found['state']} after {seconds:.0f} s"
            time.sleep(POLL_SECONDS)
        return found

    def wait_for_task(self, dag: str, run: str, task: str, state: str, seconds: float) -> None:
        """Until a task of a run is in a state.

        Raises:
            AssertionError: It isn't after so many seconds.
        """
        end = time.monotonic() + seconds
        while (now := self.tasks(dag, run).get(task, {}).get("state")) != state:
            assert time.monotonic() < end, f"{task} of {dag} {run} is {now} after {seconds:.0f} s"
            time.sleep(POLL_SECONDS)

    def tasks(self, dag: str, run: str) -> dict[str, dict[str, Any]]:
        """The tasks of a run by name, as Airflow tells them."""
        found = self.airflow.get(f"{path('dags', dag)}{path('dagRuns', run)}/taskInstances")["task_instances"]
        return {task["task_id"]: task for task in found}

    def log(self, dag: str, run: str, task: str, says: str) -> str:
        """The log of a task's first attempt, as the page shows it: what was said, and of an exception its text.

        Airflow keeps it a moment after it says that the task has ended: what it `says` is waited for.

        Raises:
            AssertionError: It doesn't say so.
        """
        where = f"{path('dags', dag)}{path('dagRuns', run)}{path('taskInstances', task)}{path('logs', '1')}"
        end = time.monotonic() + LOG_SECONDS
        while True:
            said = "\n".join(text for entry in self.airflow.get(where)["content"] for text in task_logs.line(entry))
            if says in said:
                return said
            assert time.monotonic() < end, f"{says!r} isn't in the log of {task} of {dag} {run}:\n{said[-4000:]}"
            time.sleep(POLL_SECONDS)

    def versions(self, dag: str) -> list[dict[str, Any]]:
        """All versions of a DAG, the oldest first."""
        found = self.airflow.pages(f"{path('dags', dag)}/dagVersions", "dag_versions")
        return sorted(found, key=lambda version: int(version["version_number"]))

    def health(self) -> dict[str, dict[str, Any]]:
        """Each component's status and latest heartbeat, as Airflow tells them."""
        found: dict[str, dict[str, Any]] = self.airflow.get("/monitor/health")
        return found


def versions_of(run: dict[str, Any]) -> tuple[int, ...]:
    """Numbers of the DAG versions in Airflow's word of a run."""
    return tuple(sorted(int(version["version_number"]) for version in run["dag_versions"]))
