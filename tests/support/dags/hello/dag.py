"""Three short tasks in a row, each its own pod."""

from __future__ import annotations

from airflow.sdk import dag, task


@dag(schedule=None, is_paused_upon_creation=False)
def hello() -> None:
    """Add one, twice."""

    @task
    def first() -> int:
        return 1

    @task
    def second(number: int) -> int:
        return number + 1

    @task
    def third(number: int) -> int:
        print(f"hello: {number + 1}")
        return number + 1

    third(second(first()))


hello()
