"""A backfill of the DAG `daily` that goes on while something else happens, and what it must have left in the end."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from secrets import token_hex
from typing import Any

from mlp.airflow import ENDED, Refused, path
from tests.support.mlflow import pairs
from tests.support.pipelines import DAGS, Pipelines
from tests.support.teams import Team

DAG = "daily"
FIRST, YEARS = date(1971, 1, 1), 45
CHUNK = 12
"""Days that are asked for at once; more when they run out, so that it goes on as long as it is needed."""
AT_ONCE = 2
CONFLICT = 409


@dataclass
class Backfill:
    """The days of one test session, in a part of the calendar that hardly any other session has."""

    pipelines: Pipelines
    team: Team
    session: str = field(default_factory=lambda: f"session-{token_hex(4)}")
    start: date = field(default_factory=lambda: FIRST + timedelta(days=random.randrange(365 * YEARS)))
    asked: int = 0
    """How many days, from `start` on."""

    def begin(self) -> None:
        """Push the DAG and make what its runs need."""
        self.pipelines.push(DAGS / DAG).must_succeed()
        self.team.mlflow.call("experiments/create", name=self.session)

    def days(self) -> list[str]:
        """All days that were asked for."""
        return [str(self.start + timedelta(days=number)) for number in range(self.asked)]

    def runs(self) -> dict[str, dict[str, Any]]:
        """Every run of these days by its day, as Airflow tells it.

        Raises:
            AssertionError: A day has two.
        """
        if not self.asked:
            return {}
        bounds = {"logical_date_gte": self._moment(0), "logical_date_lt": self._moment(self.asked)}
        found = list(self.pipelines.airflow.pages(f"{path('dags', DAG)}/dagRuns", "dag_runs", **bounds))
        by_day = {run["logical_date"][:10]: run for run in found}
        assert len(by_day) == len(found), "a day has more than one run"
        return by_day

    def unfinished(self) -> list[str]:
        """The days whose runs haven't ended."""
        runs = self.runs()
        return [day for day in self.days() if day not in runs or runs[day]["state"] not in ENDED]

    def running(self) -> list[str]:
        """The ids of the runs that run now."""
        return [run["dag_run_id"] for run in self.runs().values() if run["state"] == "running"]

    def keep_going(self, least: int = 4, seconds: float = 120) -> None:
        """Wait until something runs and at least so many days are still to come; ask for more if there are fewer."""
        end = time.monotonic() + seconds
        while True:
            if len(self.unfinished()) < least:
                self._more()
            elif self.running():
                return
            assert time.monotonic() < end, f"nothing runs after {seconds:.0f} s: {self.pipelines.health()}"
            time.sleep(1)

    def finish(self, seconds: float) -> dict[str, dict[str, Any]]:
        """Wait until every run has ended; all of them by day."""
        end = time.monotonic() + seconds
        while left := self.unfinished():
            assert time.monotonic() < end, f"{len(left)} runs haven't ended after {seconds:.0f} s: {left[:5]}"
            time.sleep(2)
        return self.runs()

    def objects(self) -> Counter[str]:
        """The days that have an object, each as often as it is there."""
        prefix = f"e2e/{self.session}/"
        with self.team.account.client() as s3:
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket=self.team.name, Prefix=prefix)
            return Counter(entry["Key"].removeprefix(prefix) for page in pages for entry in page.get("Contents", []))

    def tracked(self) -> Counter[tuple[str, str]]:
        """Day and status of each run in MLflow."""
        found = self.team.mlflow.runs(self.team.mlflow.experiment(self.session))
        return Counter((pairs(run["data"]["tags"])["day"], run["info"]["status"]) for run in found)

    def rows(self) -> Counter[str]:
        """What the tasks returned, as the team's database has it."""
        day = f"substring(value::text FROM '{self.session} ([0-9-]{{10}})')"
        said = self.team.role.run(f"SELECT {day} FROM xcom WHERE dag_id = '{DAG}' AND {day} IS NOT NULL")
        return Counter(said)

    def _more(self) -> None:
        body = {
            "dag_id": DAG,
            "from_date": self._moment(self.asked),
            "to_date": self._moment(self.asked + CHUNK - 1),
            "max_active_runs": AT_ONCE,
            "reprocess_behavior": "completed",
            "dag_run_conf": {"session": self.session},
        }
        try:
            self.pipelines.airflow.post("/backfills", body)
        except Refused as refused:
            # Airflow has one backfill of a DAG at a time, and notices a little later that the last one has ended.
            if refused.status != CONFLICT:
                raise
            return
        self.asked += CHUNK

    def _moment(self, number: int) -> str:
        day = self.start + timedelta(days=number)
        return datetime(day.year, day.month, day.day, tzinfo=UTC).isoformat()
