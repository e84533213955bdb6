"""DAGs of a team's Airflow: listed, run, run for past days."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from local.problem import Problem
from local.tasks import Report
from mlp import airflow, console
from mlp.airflow import Airflow, Refused


def every(client: Airflow) -> list[dict[str, Any]]:
    """All DAGs that are there now, as Airflow describes them."""
    return sorted(client.pages("/dags", "dags"), key=lambda one: str(one["dag_id"]))


def rows(found: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """For the table of people."""
    return [
        (
            one["dag_id"],
            "paused" if one["is_paused"] else "broken" if one["has_import_errors"] else "active",
            one["timetable_summary"] or "by hand",
            (one["bundle_version"] or "-")[:8],
            one["relative_fileloc"] or "-",
        )
        for one in found
    ]


def start(client: Airflow, dag: str, conf: Mapping[str, Any], logical_date: str | None) -> str:
    """Start a run of a DAG; its id.

    Args:
        client: The team's Airflow.
        dag: Its id.
        conf: What the run is told.
        logical_date: The day (or moment) that it is for; none if None.

    Raises:
        Problem: There is no such DAG, or it ran for that date already.
    """
    _active(client, dag)
    run = f"manual__{logical_date or datetime.now(UTC).isoformat()}"
    body = {"dag_run_id": run, "logical_date": logical_date, "conf": dict(conf)}
    try:
        client.post(f"{airflow.path('dags', dag)}/dagRuns", body)
    except Refused as refused:
        if refused.status != 409:
            raise
        if logical_date is not None:
            raise Problem(
                f"{dag} has a run for {logical_date} already", "choose another date, or clear that run in Airflow"
            ) from refused
        # Asked again because the first answer got lost: the run is this one.
    return run


def _active(client: Airflow, dag: str) -> None:
    """A paused DAG would keep its run waiting for ever."""
    try:
        found = client.get(airflow.path("dags", dag))
    except Refused as refused:
        if refused.status != 404:
            raise
        there = ", ".join(one["dag_id"] for one in every(client)) or "none yet: `mlp dag push`"
        raise Problem(f"there is no DAG {dag!r}", f"DAGs are: {there}") from refused
    if found["is_paused"]:
        client.patch(airflow.path("dags", dag), {"is_paused": False})
        console.say(f"  {dag} was paused: it is active now")


def moment(text: str) -> str:
    """A day or a moment, as Airflow takes it: of UTC unless it says otherwise.

    Raises:
        Problem: It is neither.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Problem(f"{text!r} is no date", "write it like 2026-11-23 or 2026-11-23T06:00:00+00:00") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat()


def watch(client: Airflow, dag: str, run: str) -> bool:
    """Show each task's state as it changes until the run ends; whether it succeeded."""
    shown: dict[str, str] = {}
    report = Report(dag)
    while True:
        state = client.get(airflow.path("dags", dag, "dagRuns", run))["state"]
        for task in tasks(client, dag, run):
            now = task["state"] or "waiting"
            if shown.get(task_name(task), "waiting") != now:
                shown[task_name(task)] = now
                report.say(f"{task_name(task)} {now}")
        if state in airflow.ENDED:
            return bool(state == "success")
        time.sleep(airflow.POLL_SECONDS)


def tasks(client: Airflow, dag: str, run: str) -> list[dict[str, Any]]:
    """The tasks of a run, as Airflow describes them, those first that started first."""
    found = client.pages(f"{airflow.path('dags', dag, 'dagRuns', run)}/taskInstances", "task_instances")
    return sorted(found, key=lambda one: (one["start_date"] or "9", task_name(one)))


def task_name(task: Mapping[str, Any]) -> str:
    """A task's id; with its number where there are several of it."""
    number = task.get("map_index", -1)
    return str(task["task_id"]) + (f"[{number}]" if number >= 0 else "")


def task_rows(found: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """For the table of people."""
    return [
        (
            task_name(one),
            one["state"] or "waiting",
            str(one["try_number"]),
            "-" if one["duration"] is None else f"{one['duration']:.1f}",
        )
        for one in found
    ]


def backfill(client: Airflow, dag: str, first: str, last: str, at_once: int, again: str) -> int:
    """Have a DAG run for every day of a range; the backfill's id.

    Args:
        client: The team's Airflow.
        dag: Its id.
        first: The first logical date.
        last: The last one.
        at_once: So many runs at the same time.
        again: Days that have a run already: `none`, `failed` or `completed` are run again.

    Raises:
        Problem: There is no such DAG, or Airflow refuses the range.
    """
    _active(client, dag)
    body = {
        "dag_id": dag,
        "from_date": first,
        "to_date": last,
        "max_active_runs": at_once,
        "reprocess_behavior": again,
    }
    return int(client.post("/backfills", body)["id"])


def watch_backfill(client: Airflow, number: int) -> dict[str, int]:
    """Show how many runs are in which state until all have ended; how many ended how."""
    report, shown = Report(f"backfill {number}"), dict[str, int]()
    while True:
        over = client.get(f"/backfills/{number}")["completed_at"] is not None
        now = dict(sorted(Counter(run["state"] for run in _runs_of(client, number)).items()))
        if now != shown:
            shown = now
            report.say(", ".join(f"{count} {state}" for state, count in now.items()) or "no runs")
        if over:
            return now
        time.sleep(airflow.POLL_SECONDS)


def _runs_of(client: Airflow, number: int) -> Iterator[dict[str, Any]]:
    asked = client.get(f"/backfills/{number}")
    yield from client.pages(
        f"{airflow.path('dags', asked['dag_id'])}/dagRuns",
        "dag_runs",
        run_type="backfill",
        logical_date_gte=asked["from_date"],
        logical_date_lte=asked["to_date"],
    )
