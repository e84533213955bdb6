"""What a team takes: time until it is there, time of a small DAG, memory and processor at rest."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from mlp import teams
from tests.support import accounting
from tests.support.commands import mlp
from tests.support.pipelines import DAGS, Pipelines

NAME, DAG = "bench", "hello"
SECONDS = 400
SETTLE_SECONDS, MEASURE_SECONDS = 60, 60


@dataclass
class Figures:
    """One number a round; memory in bytes."""

    answers: list[float] = field(default_factory=list)
    """Seconds from `mlp team add` until its Airflow answers."""
    three_tasks: list[float] = field(default_factory=list)
    """Seconds of a DAG of three tasks, each a pod."""
    memory: list[float] = field(default_factory=list)
    cores: list[float] = field(default_factory=list)


def measure(rounds: int, runs: int) -> Figures:
    """Add a team and remove it with its data, in each round; `runs` of the small DAG in the last one."""
    figures = Figures()
    remove()
    try:
        for number in range(1, rounds + 1):
            before = accounting.measure(MEASURE_SECONDS)
            figures.answers.append(mlp("team", "add", NAME, "--yes", seconds=SECONDS).must_succeed().seconds)
            time.sleep(SETTLE_SECONDS)
            after = accounting.measure(MEASURE_SECONDS)
            figures.memory.append(after.memory - before.memory)
            figures.cores.append(after.cores - before.cores)
            if number == rounds:
                figures.three_tasks = _runs(runs)
            remove()
    finally:
        remove()
    return figures


def remove() -> None:
    """Take the team away, if it is there."""
    if NAME in teams.standing():
        mlp("team", "remove", NAME, "--purge", "--yes", seconds=SECONDS).must_succeed()
    teams.spec_of(NAME).unlink(missing_ok=True)


def _runs(number: int) -> list[float]:
    pipelines = Pipelines.of(NAME)
    pipelines.push(DAGS / DAG).must_succeed()
    runs = [pipelines.run(DAG) for _ in range(number)]
    if failed := [run.id for run in runs if run.state != "success"]:
        raise RuntimeError(f"{len(failed)} of {number} runs failed: {', '.join(failed)}")
    return [run.seconds for run in runs]
