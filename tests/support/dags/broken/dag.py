"""A DAG that doesn't import: a push of it must be refused."""

from __future__ import annotations

import a_module_that_is_nowhere
from airflow.sdk import dag, task


@dag(schedule=None)
def broken() -> None:
    """Never seen by Airflow."""

    @task
    def never() -> None:
        a_module_that_is_nowhere.run()

    never()


broken()
