"""Spark whose driver is this notebook and whose executors are pods in the team's namespace (image `notebook`).

Everything comes by the environment that the hub gives a notebook's pod; the token of its service account may make and
remove executors, and nothing else. They belong to the notebook's pod: when it goes, Kubernetes removes them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TEMPLATE = "/opt/mlplatform/spark/executor.yaml"
DRIVER_PORT, BLOCK_PORT = 7078, 7079
ACCOUNT = "notebook"
API = "https://kubernetes.default.svc"
NEEDED = ("POD_IP", "POD_NAME", "POD_NAMESPACE", "MLP_IMAGE")


@dataclass(frozen=True)
class Size:
    """How many executors, and how large each is."""

    executors: int = 2
    cores: int = 1
    """Tasks at a time of an executor."""
    cpu: str = "100m"
    """What Kubernetes keeps free for one."""
    memory: str = "512m"
    """Java's heap; Spark adds what Python needs."""
    overhead: str = "384m"


def settings(environment: Mapping[str, str], size: Size) -> dict[str, str]:
    """Spark's own settings.

    Raises:
        ValueError: This isn't a notebook's pod; with what is missing.
    """
    if missing := [name for name in NEEDED if not environment.get(name)]:
        raise ValueError(
            f"no executors here: {', '.join(missing)} not set. A notebook of the hub has them; "
            'elsewhere use SparkSession.builder.master("local[*]")'
        )
    person = re.sub(r"[^a-z0-9-]", "-", environment["POD_NAME"].lower()).strip("-")
    return {
        "spark.master": f"k8s://{API}",
        "spark.app.name": person,
        "spark.submit.deployMode": "client",
        "spark.driver.host": environment["POD_IP"],
        # Executors are told this address, not the host.
        "spark.driver.bindAddress": environment["POD_IP"],
        "spark.driver.memory": "512m",
        "spark.driver.port": str(DRIVER_PORT),
        "spark.blockManager.port": str(BLOCK_PORT),
        "spark.ui.enabled": "false",
        "spark.local.dir": "/tmp/spark",  # noqa: S108 - a volume of the pod alone
        "spark.sql.warehouse.dir": "/tmp/spark-warehouse",  # noqa: S108
        "spark.executor.instances": str(size.executors),
        "spark.executor.cores": str(size.cores),
        "spark.executor.memory": size.memory,
        "spark.executor.memoryOverhead": size.overhead,
        "spark.kubernetes.namespace": environment["POD_NAMESPACE"],
        "spark.kubernetes.container.image": environment["MLP_IMAGE"],
        "spark.kubernetes.driver.pod.name": environment["POD_NAME"],
        "spark.kubernetes.executor.podNamePrefix": person,
        "spark.kubernetes.executor.podTemplateFile": TEMPLATE,
        "spark.kubernetes.executor.request.cores": size.cpu,
        "spark.kubernetes.executor.disableConfigMap": "true",
        "spark.kubernetes.authenticate.executor.serviceAccountName": ACCOUNT,
        "spark.kubernetes.executor.deleteOnTermination": "true",
        # Rows of Arrow go between Java and pandas.
        "spark.sql.execution.arrow.pyspark.enabled": "true",
    }


def session(
    executors: int = 2,
    *,
    cores: int = 1,
    cpu: str = "100m",
    memory: str = "512m",
    overhead: str = "384m",
    more: Mapping[str, str] | None = None,
) -> Any:
    """A SparkSession on executors in the team's namespace, within its quota.

    Args:
        executors: How many pods.
        cores: Tasks at a time of each.
        cpu: What Kubernetes keeps free for each.
        memory: Java's heap of each.
        overhead: What each has beside it, for Python.
        more: Settings of Spark's own, which win.
    """
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    for key, value in {**settings(os.environ, Size(executors, cores, cpu, memory, overhead)), **(more or {})}.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()
