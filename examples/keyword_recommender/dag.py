"""The keyword recommender, trained anew every day on all that has arrived by then.

A task is a pod, and a pod costs four seconds of a processor even where its step takes none. So the seven steps are
four tasks: the data comes in; the contract, alone, so that its red square means the data; what learns; what judges and
records. The steps of a task are lines of its log.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Param, dag, get_parsing_context, task
from mlplatform_airflow import features

# A run that is triggered by hand may have no date of its own: then it is for the day it was triggered on.
DAY = "{{ logical_date | default(dag_run.run_after, true) | ds }}"
SERVICE = "keywords"
"""The model service that a new champion goes to, where the team has one of this name."""


def pod(**resources: str) -> dict[str, Any]:
    """Requests and limits of a task's pod, and one thread for numeric libraries: more only get in each other's way."""
    if get_parsing_context().task_id:
        # Inside that pod already: its resources are given, and the import would cost a second.
        return {}
    from kubernetes.client import models as k8s

    container = k8s.V1Container(
        name="base",
        resources=k8s.V1ResourceRequirements(requests=resources, limits={**resources, "cpu": "1"}),
        env=[k8s.V1EnvVar(name="OMP_NUM_THREADS", value="1")],
    )
    return {"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[container]))}


@dag(
    schedule="@daily",
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=4,
    is_paused_upon_creation=False,
    params={
        "source": Param(
            None,
            type=["null", "string"],
            description="Key of a CSV file in the team's bucket to take as the day's slice, say a corrected one.",
        )
    },
    doc_md=__doc__,
    tags=["example"],
)
def keyword_recommender() -> None:
    """The day's slice becomes a version of the registered model `keyword-recommender`."""

    @task
    def ingest(day: str, source: str) -> str:
        from keyword_recommender import steps

        return steps.ingest(steps.folder(day), source or None)

    @task
    def data_contract(day: str) -> str:
        from keyword_recommender import steps, stops

        with stops.at_once():
            return steps.data_contract(steps.folder(day))

    @task(executor_config=features.beside({"cpu": "100m", "memory": "1Gi"}, env={"OMP_NUM_THREADS": "1"}))
    def features_train(day: str) -> str:
        from keyword_recommender import steps, stops

        store = features if features.there() else None
        with stops.at_once():
            steps.features(steps.folder(day), store)
            # Beside each other: one waits for the feature store, the other computes.
            with ThreadPoolExecutor(1) as threads:
                online = threads.submit(steps.publish, steps.folder(day), store) if store else None
                model = steps.fit(steps.folder(day))
            if online:
                online.result()
        return model

    @task(executor_config=pod(cpu="100m", memory="1Gi"))
    def evaluate_log_register(day: str, run: str) -> str:
        from keyword_recommender import steps, stops
        from mlplatform_airflow import models

        with stops.at_once():
            steps.evaluate(steps.folder(day))
            steps.log(steps.folder(day), run)
            number = steps.register(steps.folder(day), run)
        steps.promote(number)
        # Here, not in a task of its own: what is packed is at hand, and packing costs less than a pod.
        models.package(SERVICE, missing_ok=True)
        return number

    (
        ingest(DAY, "{{ params.source or '' }}")
        >> data_contract(DAY)
        >> features_train(DAY)
        >> evaluate_log_register(DAY, "{{ run_id }}")
    )


keyword_recommender()
