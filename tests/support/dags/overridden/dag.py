"""A task whose pod is to run another image, by tag and from another registry: the cluster doesn't take it."""

from __future__ import annotations

from airflow.sdk import dag, task
from kubernetes.client import models as k8s

OTHER = k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base", image="docker.io/library/busybox:1")]))


@dag(schedule=None, is_paused_upon_creation=False)
def overridden() -> None:
    """One task that can't start."""

    @task(executor_config={"pod_override": OTHER}, retries=0)
    def other() -> None:
        raise AssertionError("it started")

    other()


overridden()
