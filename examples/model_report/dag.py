"""A notebook as a task: every day it reports how the versions of a registered model have done."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import Param, dag
from mlplatform_airflow import notebooks


@dag(
    schedule="@daily",
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    params={"model": Param("keyword-recommender", type="string", description="A registered model of the team.")},
    doc_md=__doc__,
    tags=["example"],
)
def model_report() -> None:
    """One task, whose page is the report."""
    notebooks.run(
        "report.ipynb",
        {"model": "{{ params.model }}", "day": "{{ logical_date | default(dag_run.run_after, true) | ds }}"},
        memory="768Mi",
    )


model_report()
