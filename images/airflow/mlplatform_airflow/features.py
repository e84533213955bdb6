"""The team's feature store in its DAGs.

Feast and Airflow can't be in one image. A task with `executor_config=features.beside()` gets a container of image feast
beside it, which does what these functions ask; both mount /tmp. Where the team has no feature store, `there()` is
False, and `beside()` is no more than the resources.

    features.materialize_dag(schedule="@hourly")   # a whole DAG: new values go online

    @task(executor_config=features.beside())
    def train() -> None:
        features.apply("/path/of/definitions.py")
        frame = features.training(entities, ["user_statistics:mean_rating"])
"""

from __future__ import annotations

import json
import os
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

IMAGE, CPU, MEMORY = "MLP_FEATURES_IMAGE", "MLP_FEATURES_CPU", "MLP_FEATURES_MEMORY"
"""Of Airflow's servers, which make tasks' pods."""
KEY = "FEATURES_KEY"
"""Of every task, where the team has a feature store."""
PORT = 8799
PATIENCE = 120.0
"""Seconds that Feast may take to load beside a task."""
LONGEST = 3600.0
KEYS = ("worker-keys", "feature-keys")
CONFIG = "feature-store"
FOLDER = "/etc/feast"


class FeaturesError(Exception):
    """It can't be done; with what Feast or the registry said."""


def there() -> bool:
    """Whether the team of this task has a feature store."""
    return bool(os.environ.get(KEY))


def beside(resources: Mapping[str, str] | None = None, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """`executor_config` of a task that works on features.

    Args:
        resources: Requests of the task itself, such as {"cpu": "100m", "memory": "1Gi"}; by default the team's.
        env: More variables of the task.
    """
    from airflow.sdk import get_parsing_context

    if get_parsing_context().task_id:
        # Inside that pod already: it is as it is, and the import would cost a second.
        return {}
    from kubernetes.client import models as k8s

    own = k8s.V1Container(
        name="base", env=[k8s.V1EnvVar(name=name, value=value) for name, value in (env or {}).items()]
    )
    if resources:
        wanted = dict(resources)
        own.resources = k8s.V1ResourceRequirements(requests=wanted, limits={**wanted, "cpu": "1"})
    if not (image := os.environ.get(IMAGE)):
        return {"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[own]))}
    spec = k8s.V1PodSpec(containers=[own], init_containers=[_worker(k8s, image)], volumes=[_config(k8s)])
    return {"pod_override": k8s.V1Pod(spec=spec)}


def _worker(k8s: Any, image: str) -> Any:
    """A container that is there before the task is, and ends when it has."""
    memory = os.environ[MEMORY]
    return k8s.V1Container(
        name="features",
        image=image,
        args=["work"],
        restart_policy="Always",
        env=[
            k8s.V1EnvVar(name="FEAST_FS_YAML_FILE_PATH", value=f"{FOLDER}/worker.yaml"),
            *(k8s.V1EnvVar(name=name, value="1") for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")),
        ],
        env_from=[k8s.V1EnvFromSource(secret_ref=k8s.V1SecretEnvSource(name=name)) for name in KEYS],
        resources=k8s.V1ResourceRequirements(
            requests={"cpu": os.environ[CPU], "memory": memory}, limits={"memory": memory}
        ),
        security_context=k8s.V1SecurityContext(
            allow_privilege_escalation=False,
            read_only_root_filesystem=True,
            run_as_non_root=True,
            capabilities=k8s.V1Capabilities(drop=["ALL"]),
            seccomp_profile=k8s.V1SeccompProfile(type="RuntimeDefault"),
        ),
        volume_mounts=[
            k8s.V1VolumeMount(name="tmp", mount_path="/tmp"),  # noqa: S108 - an emptyDir of the pod alone
            k8s.V1VolumeMount(name=CONFIG, mount_path=FOLDER, read_only=True),
        ],
    )


def _config(k8s: Any) -> Any:
    return k8s.V1Volume(name=CONFIG, config_map=k8s.V1ConfigMapVolumeSource(name=CONFIG))


def apply(path: str | Path) -> list[str]:
    """Definitions of a Python file, or a folder of them, become the project's; others stay. What was applied.

    Raises:
        FeaturesError: They can't.
    """
    found: list[str] = _do("apply", path=_shared(path))["applied"]
    return found


def materialize(
    views: Sequence[str] | None = None, *, since: datetime | None = None, until: datetime | None = None
) -> list[str]:
    """Put values online: what has come since the last time, or what is of an interval. Again: the same.

    Args:
        views: Names; all by default.
        since: Beginning of the interval; by default where the last time ended.
        until: Its end; now by default.

    Returns:
        The views with something to do.

    Raises:
        FeaturesError: It can't be done.
    """
    found: list[str] = _do(
        "materialize",
        views=None if views is None else list(views),
        since=since and since.isoformat(),
        until=until and until.isoformat(),
    )["materialized"]
    return found


def training(entities: Any, features: Sequence[str]) -> Any:
    """A data frame of entities with features joined as they were at each row's `event_timestamp`, in the same order.

    Args:
        entities: A pandas data frame with the join keys and `event_timestamp`; other columns stay.
        features: As view:feature.

    Raises:
        FeaturesError: It can't be done.
    """
    import pandas as pd

    with tempfile.TemporaryDirectory(prefix="features-") as folder:
        asked, found = Path(folder) / "entities.parquet", Path(folder) / "joined.parquet"
        entities.to_parquet(asked, index=False)
        _do("training", entities=str(asked), features=list(features), into=str(found))
        return pd.read_parquet(found)


def materialize_dag(
    dag_id: str = "materialize_features", schedule: str = "@hourly", views: Sequence[str] | None = None
) -> Any:
    """A DAG that puts online what has come since its last run."""
    from airflow.sdk import dag, task

    @dag(  # type: ignore[untyped-decorator]  # Airflow is in the image alone
        dag_id=dag_id, schedule=schedule, catchup=False, max_active_runs=1, is_paused_upon_creation=False
    )
    def made() -> None:
        @task(executor_config=beside(), retries=2)  # type: ignore[untyped-decorator]  # the same
        def materialize_views() -> list[str]:
            return materialize(views)

        materialize_views()

    return made()


def _shared(path: str | Path) -> str:
    """Where the container beside sees it: /tmp is the same for both, and holds the DAGs too."""
    return str(Path(path).resolve())


def _do(what: str, **arguments: Any) -> dict[str, Any]:
    body = json.dumps({"do": what, **arguments}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}/", body, {"Content-Type": "application/json"})
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(request, timeout=LONGEST) as answer:  # noqa: S310 - loopback
                found = json.loads(answer.read())
            print(found["log"], end="")
            return dict(found["result"])
        except urllib.error.HTTPError as error:
            found = json.loads(error.read())
            print(found["log"], end="")
            raise FeaturesError(found["error"]) from None
        except (ConnectionError, urllib.error.URLError) as error:
            if time.monotonic() > end:
                raise FeaturesError(f"no container works on features beside this task: {error}") from None
            time.sleep(0.2)
