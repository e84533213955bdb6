"""`python -m tests.bench.load --team search`: keyword recommender runs at a fixed rate, and whether that rate is held.

An open loop: a run is triggered every half minute, whether those before it have ended or not. So where the platform is
too slow runs queue up, and that is seen; a closed loop would only become slower with it. Each run is of a day that has
never been run, so each makes a model version of its own.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any

from mlp.airflow import ENDED, path
from tests.bench.load_figures import Attempt, Load
from tests.support import accounting, machine
from tests.support.keyword_recommender import DAG, PROJECT, free_days, trigger, used_days
from tests.support.pipelines import Pipelines

MINUTES, A_MINUTE = 15, 2
DRAIN_SECONDS = 300
"""For the last runs to end; a queue that is longer than that isn't waited for."""
SAMPLE_SECONDS = 5


def run(pipelines: Pipelines, minutes: float, a_minute: float) -> Load:
    """Trigger for so many minutes, then wait for the last runs."""
    number = round(minutes * a_minute)
    wanted = free_days(used_days(pipelines), number)
    prefix = f"load-{token_hex(4)}-"
    ended: dict[str, dict[str, Any]] = {}
    queues = []
    busy, node, start = machine.busy_seconds(), accounting.cpu_seconds(), time.monotonic()
    for index, day in enumerate(wanted):
        trigger(pipelines, f"{prefix}{index}", day)
        while time.monotonic() < start + (index + 1) * 60 / a_minute:
            ended |= ended_of(pipelines, prefix)
            queues.append(index + 1 - len(ended))
            time.sleep(SAMPLE_SECONDS)
    took = time.monotonic() - start
    cores, node_cores = (machine.busy_seconds() - busy) / took, (accounting.cpu_seconds() - node) / took
    middle = datetime.now(UTC) - timedelta(seconds=took / 2)
    second_half = sum(time_of(one["end_date"]) >= middle for one in ended.values())
    while len(ended) < number and time.monotonic() < start + took + DRAIN_SECONDS:
        time.sleep(SAMPLE_SECONDS)
        ended |= ended_of(pipelines, prefix)
    tasks = {name: pipelines.tasks(DAG, name) for name in ended}
    return Load(
        asked=number,
        a_minute=a_minute,
        ended=[seconds_of(one) for one in ended.values() if one["state"] == "success"],
        ended_a_minute=second_half / (took / 2) * 60,
        failed=[f"{name}: {failed_task(tasks[name])}" for name, one in ended.items() if one["state"] != "success"],
        queues=queues,
        left=number - len(ended),
        cores=cores,
        node_cores=node_cores,
        attempts=[attempt(task) for of_run in tasks.values() for task in of_run.values() if task["end_date"]],
    )


def ended_of(pipelines: Pipelines, prefix: str) -> dict[str, dict[str, Any]]:
    """Runs of this load that have ended, by name."""
    runs = pipelines.airflow.pages(f"{path('dags', DAG)}/dagRuns", "dag_runs", run_id_pattern=f"{prefix}%")
    return {one["dag_run_id"]: one for one in runs if one["state"] in ENDED}


def seconds_of(run: dict[str, Any]) -> float:
    """From when a run was asked for to its end."""
    return (time_of(run["end_date"]) - time_of(run["queued_at"])).total_seconds()


def attempt(task: dict[str, Any]) -> Attempt:
    """A task as Airflow tells of it: its last attempt."""
    queued, began, ended = (time_of(task[key]) for key in ("queued_when", "start_date", "end_date"))
    return Attempt(
        task["task_id"], task["try_number"], (began - queued).total_seconds(), (ended - began).total_seconds()
    )


def failed_task(tasks: dict[str, dict[str, Any]]) -> str:
    """The first that failed."""
    return next((name for name, task in tasks.items() if task["state"] == "failed"), "no task")


def time_of(text: str) -> datetime:
    """A moment as Airflow writes it."""
    return datetime.fromisoformat(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Push the example, put the load on it, print what came of it; 1 if the rate wasn't held."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.load", description=__doc__.partition("\n")[0])
    parser.add_argument("--team", default="search")
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--rate", type=float, default=A_MINUTE, help="runs a minute")
    given = parser.parse_args(arguments)
    print(f"{machine.described()}; load before: {machine.load()}", flush=True)
    pipelines = Pipelines.of(given.team, patience=60)
    pipelines.push(PROJECT).must_succeed()
    load = run(pipelines, given.minutes, given.rate)
    print(f"keyword recommender, {given.rate:g} runs a minute for {given.minutes:g} minutes")
    print("\n".join(load.lines(machine.cores())))
    return 0 if load.held else 1


if __name__ == "__main__":
    sys.exit(main())
