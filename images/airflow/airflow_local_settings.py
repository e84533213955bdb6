"""Airflow imports a module of this name when it starts, in servers and in tasks.

Here: what needn't be in a log, and what the pod of a notebook's task has besides.
"""

import logging
from typing import Any

for _name in ("alembic", "botocore"):
    logging.getLogger(_name).setLevel(logging.WARNING)
for _name in (
    # A line a permission, of which every DAG has a few.
    "airflow.providers.fab.auth_manager.security_manager.override",
    # A hundred lines of pod for each task with a pod_override.
    "airflow.providers.cncf.kubernetes.executors.kubernetes_executor.KubernetesExecutor",
):
    # A level would be forgotten: Airflow sets those of its own loggers after this.
    logging.getLogger(_name).addFilter(lambda record: record.levelno >= logging.WARNING)


def pod_mutation_hook(pod: Any) -> None:
    """Airflow asks this before it starts a task's pod."""
    from mlplatform_airflow import notebook_pod

    notebook_pod.complete(pod)
