"""A run a day that leaves an object, an MLflow run and a row, each once, however often its task is killed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Param, dag, task

PATIENCE = 120
"""Seconds that a tool may be away."""


@dag(
    schedule="@daily",
    start_date=datetime(1970, 1, 1, tzinfo=UTC),
    # In the past: only a backfill makes runs.
    end_date=datetime(2020, 12, 31, tzinfo=UTC),
    catchup=False,
    is_paused_upon_creation=False,
    params={"session": Param("by-hand", type="string")},
)
def daily() -> None:
    """Record each day under the name of the session."""

    @task
    def record(ds: str, params: dict[str, str]) -> str:
        session = params["session"]
        patiently(lambda: put(session, ds))
        time.sleep(2)
        patiently(lambda: log(session, ds))
        return f"{session} {ds}"

    # Airflow fills both in.
    record()  # type: ignore[call-arg]


def patiently(act: Callable[[], Any]) -> None:
    """Again until what it needs is back: what it does a second time changes nothing."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            act()
            return
        except Exception as error:
            if time.monotonic() > end:
                raise
            print(f"again, because of {error!r}", flush=True)
            time.sleep(1)


def put(session: str, day: str) -> None:
    """The object of a day."""
    import boto3
    from botocore.config import Config

    config = Config(
        retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=10, s3={"addressing_style": "path"}
    )
    store = boto3.client("s3", config=config)
    store.put_object(Bucket=os.environ["TEAM_BUCKET"], Key=f"e2e/{session}/{day}", Body=day.encode())


def log(session: str, day: str) -> None:
    """The MLflow run of a day."""
    # By itself the client would send a create twice whose answer was lost, and there would be two runs.
    os.environ.update(MLFLOW_HTTP_REQUEST_MAX_RETRIES="0", MLFLOW_HTTP_REQUEST_TIMEOUT="10")
    from mlflow import MlflowClient

    client = MlflowClient()
    experiment = client.get_experiment_by_name(session)
    if experiment is None:
        raise LookupError(f"there is no experiment {session}")
    found = client.search_runs([experiment.experiment_id], filter_string=f"tags.day = '{day}'")
    run = found[0] if found else client.create_run(experiment.experiment_id, tags={"day": day})
    client.log_metric(run.info.run_id, "days", 1, step=0)
    client.set_terminated(run.info.run_id)


daily()
