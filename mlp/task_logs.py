"""What a DAG's tasks said. Kept in the team's bucket, so their pods may be gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from local.problem import Problem
from mlp import airflow, dags
from mlp.airflow import Airflow

MARKERS = ("::group::", "::endgroup::")


def read(client: Airflow, dag: str, run: str | None, task: str | None) -> Iterator[str]:
    """The lines of a run's tasks, each under its name.

    Args:
        client: The team's Airflow.
        dag: Its id.
        run: Id of the run; the latest one if None.
        task: Only this one; all if None.

    Raises:
        Problem: There is no such DAG, run or task.
    """
    run = run or _latest(client, dag)
    found = [one for one in dags.tasks(client, dag, run) if task in (None, one["task_id"], dags.task_name(one))]
    if not found:
        there = ", ".join(dags.task_name(one) for one in dags.tasks(client, dag, run))
        raise Problem(f"run {run} of {dag} has no task {task!r}", f"its tasks are: {there or 'none'}")
    for one in found:
        yield f"{dag} {run} {dags.task_name(one)}: {one['state'] or 'waiting'}, try {one['try_number']}"
        if one["try_number"]:
            yield from (f"  {line}" for line in _of_try(client, dag, run, one))


def _latest(client: Airflow, dag: str) -> str:
    runs = client.get(f"{airflow.path('dags', dag)}/dagRuns", order_by="-run_after", limit=1)["dag_runs"]
    if not runs:
        raise Problem(f"{dag} hasn't run yet", f"run it: `mlp dag run {dag}`")
    return str(runs[0]["dag_run_id"])


def _of_try(client: Airflow, dag: str, run: str, task: Mapping[str, Any]) -> Iterator[str]:
    path = airflow.path("dags", dag, "dagRuns", run, "taskInstances", task["task_id"], "logs", str(task["try_number"]))
    said = client.get(path, full_content="true", map_index=task["map_index"])
    for entry in said["content"]:
        yield from line(entry)


def line(entry: Mapping[str, Any] | str) -> Iterator[str]:
    """An entry of a log as people read it: time, level, words; of an exception its type and text."""
    if isinstance(entry, str):
        yield entry
        return
    when, level = str(entry.get("timestamp") or "")[11:19], str(entry.get("level", ""))
    said = str(entry.get("event", ""))
    if said.startswith(MARKERS):
        # They fold parts of the log in Airflow's page.
        return
    yield " ".join(part for part in (when, level, said) if part)
    for error in entry.get("error_detail") or ():
        yield f"  {error.get('exc_type')}: {error.get('exc_value')}"
