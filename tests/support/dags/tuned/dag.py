"""Six trials by two workers, each a task's pod, and a task that has what they found."""

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, task
from mlplatform_airflow import sweeps


@dag(schedule=None, is_paused_upon_creation=False)
def tuned() -> None:
    """Find the bottom of a bowl."""
    best = sweeps.run(
        "tuned {{ run_id }}",
        objective="tuned.tune:objective",
        trials="{{ (dag_run.conf or {}).get('trials', 6) }}",
        workers=2,
        heartbeat_seconds=2,
        grace_seconds=10,
        cpu="50m",
        memory="512Mi",
    )

    @task
    def told(found: dict[str, Any]) -> float:
        print(f"told: {found['sweep']}: {found['complete']} complete, x is {found['params']['x']}")
        return float(found["value"])

    told(best)


tuned()
