"""A task that takes long, so that something can be killed or rotated meanwhile, and a short one after it."""

from __future__ import annotations

import time

from airflow.sdk import Param, dag, task


@dag(schedule=None, is_paused_upon_creation=False, params={"seconds": Param(45, type="integer", minimum=0)})
def slow() -> None:
    """Wait, then say so."""

    @task
    def wait(params: dict[str, int]) -> int:
        for second in range(params["seconds"]):
            print(f"slow: {second} s", flush=True)
            time.sleep(1)
        return params["seconds"]

    @task
    def done(seconds: int) -> None:
        print(f"slow: waited {seconds} s")

    # Airflow fills `params` in.
    done(wait())  # type: ignore[call-arg]


slow()
