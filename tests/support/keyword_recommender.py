"""The example as a team's daily DAG: days that have no run yet, runs and backfills of them, what they leave."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from examples.keyword_recommender import days
from local import paths
from mlp.airflow import ENDED, Refused, path
from tests.support.pipelines import Pipelines

DAG = "keyword_recommender"
PROJECT = paths.checkout() / "examples" / DAG
CONFLICT = 409
POLL_SECONDS = 1


def free_days(used: Iterable[date], number: int) -> list[date]:
    """Days of the synthetic calendar that follow each other and aren't used: the first so many."""
    taken = set(used)
    start = days.FIRST
    while clash := taken.intersection(wanted := [start + timedelta(days=each) for each in range(number)]):
        start = max(clash) + timedelta(days=1)
    return wanted


def used_days(pipelines: Pipelines) -> set[date]:
    """Days that have a run."""
    runs = pipelines.airflow.pages(f"{path('dags', DAG)}/dagRuns", "dag_runs")
    return {datetime.fromisoformat(one["logical_date"]).date() for one in runs if one["logical_date"]}


def trigger(pipelines: Pipelines, name: str, day: date, **conf: str) -> None:
    """Start the run of a day."""
    body = {"dag_run_id": name, "logical_date": moment(day), "conf": conf}
    pipelines.airflow.post(f"{path('dags', DAG)}/dagRuns", body)


def backfill(
    pipelines: Pipelines, wanted: Sequence[date], seconds: float, meanwhile: Callable[[], object] = lambda: None
) -> dict[date, dict[str, Any]]:
    """Run days that follow each other, also those that have run; the runs by day, as Airflow tells them.

    Raises:
        AssertionError: They haven't ended after so many seconds.
    """
    end = time.monotonic() + seconds
    body = {
        "dag_id": DAG,
        "from_date": moment(wanted[0]),
        "to_date": moment(wanted[-1]),
        "max_active_runs": 2,
        "reprocess_behavior": "completed",
        "dag_run_conf": {},
    }
    while not _taken(pipelines, body):
        assert time.monotonic() < end, "Airflow takes no backfill"
        time.sleep(POLL_SECONDS)
    while True:
        meanwhile()
        runs = runs_of(pipelines, wanted)
        if len(runs) == len(wanted) and all(run["state"] in ENDED for run in runs.values()):
            return runs
        assert time.monotonic() < end, f"not ended: {[(str(day), run['state']) for day, run in runs.items()]}"
        time.sleep(POLL_SECONDS)


def _taken(pipelines: Pipelines, body: dict[str, Any]) -> bool:
    """Airflow has one backfill of a DAG at a time, and notices a little later that the last one has ended."""
    try:
        pipelines.airflow.post("/backfills", body)
    except Refused as refused:
        if refused.status != CONFLICT:
            raise
        return False
    return True


def runs_of(pipelines: Pipelines, wanted: Sequence[date]) -> dict[date, dict[str, Any]]:
    """The runs of days that follow each other.

    Raises:
        AssertionError: A day has two.
    """
    bounds = {"logical_date_gte": moment(wanted[0]), "logical_date_lte": moment(wanted[-1])}
    found = list(pipelines.airflow.pages(f"{path('dags', DAG)}/dagRuns", "dag_runs", **bounds))
    by_day = {datetime.fromisoformat(run["logical_date"]).date(): run for run in found}
    assert len(by_day) == len(found), "a day has more than one run"
    return by_day


def moment(day: date) -> str:
    """A day as Airflow takes it."""
    return f"{day.isoformat()}T00:00:00+00:00"
