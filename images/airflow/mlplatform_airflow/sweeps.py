"""What a DAG calls to tune: `best = sweeps.run("mix {{ ds }}", objective="project.tune:objective", trials=40)`.

Trials run in the tasks' own pods, several at once: that needs no right which a task hasn't, and Airflow has their logs.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
MOST = 40
"""Characters of a sweep's name."""
KEYS = "tuning-keys"
"""The team's Secret that says where trials are kept."""
TUNES = {"mlplatform.dev/tunes": "true"}
"""Label of a pod that the team's network lets to the database."""
RETRIES, RETRY_SECONDS = 4, 5
"""A worker that was killed is started again; another runs meanwhile what it left."""


def run(
    name: str,
    *,
    objective: str,
    trials: int | str,
    workers: int = 2,
    task_id: str = "sweep",
    direction: str = "minimize",
    pruner: str = "none",
    seed: int = 0,
    failures: int = 3,
    heartbeat_seconds: int = 5,
    grace_seconds: int = 25,
    cpu: str = "100m",
    memory: str = "1Gi",
) -> Any:
    """Tasks that run a sweep's trials until it has its number: `task_id`, and beside it the other workers.

    Args:
        name: Of the sweep, as `mlp sweep` shows it; a template. The same name again takes the sweep up where it was
            left, so one that is to run anew each time has something of the run in it, such as "mix {{ run_id }}".
            What isn't a-z, 0-9 or '-' becomes '-'.
        objective: Import path of a function of one Optuna trial, beside the DAG: `project.module:function`.
        trials: So many are recorded in the end; a number, or a template of one.
        workers: Pods at the same time; those that the team's quota has no room for wait.
        task_id: Of the task whose value this is; the others are `<task_id>_workers`.
        direction: `minimize` or `maximize`.
        pruner: `none`, `median` or `hyperband`: what ends trials early that fall behind in what they report.
        seed: Of the sampler.
        failures: So many trials may fail by the objective's own error before the sweep, and the tasks, fail for good.
        heartbeat_seconds: How often a trial that runs says so.
        grace_seconds: After so long without a word its worker is taken for dead, and another runs it again.
        cpu: What a worker's pod keeps free.
        memory: What it keeps free and can't exceed.

    Returns:
        For the tasks after it: sweep (its name), trial, value and params of the best one, and how many are complete,
        pruned, failed.
    """
    from airflow.sdk import task

    settings = {
        "name": name,
        "objective": objective,
        "trials": trials,
        "direction": direction,
        "pruner": pruner,
        "seed": seed,
        "failures": failures,
        "heartbeat_seconds": heartbeat_seconds,
        "grace_seconds": grace_seconds,
    }
    more = workers - 1
    if more < 0:
        raise ValueError(f"sweeps.run: workers is {workers}: name 1 or more")
    options: dict[str, Any] = {
        "executor_config": pod(cpu, memory),
        "retries": RETRIES,
        "retry_delay": timedelta(seconds=RETRY_SECONDS),
    }
    best = task(task_id=task_id, **options)(work)(settings)
    if more:
        # Each of them ends when all trials have ended; whose value counts is the one above.
        others = task(task_id=f"{task_id}_workers", **options)(work)
        others.partial(settings=settings).expand(number=list(range(2, workers + 1)))
    return best


def work(settings: Mapping[str, Any], number: int = 1) -> dict[str, Any]:
    """One worker, in its pod: trials until all have ended; the best one.

    Raises:
        airflow.sdk.exceptions.AirflowFailException: The objective fails: no retry would help.
    """
    # Here, not above: only the worker's image has Optuna.
    from airflow.sdk import get_current_context
    from airflow.sdk.exceptions import AirflowFailException
    from mlplatform_tuning import work as tuning
    from mlplatform_tuning.runner import GivenUp

    commit = get_current_context()["ti"].bundle_instance.version
    try:
        ended = tuning.run(environment(settings, commit or "", os.environ))
    except GivenUp as problem:
        raise AirflowFailException(str(problem)) from None
    found: dict[str, Any] = ended.as_dict()
    print(f"sweep {found['sweep']}, worker {number}: best is trial {found['trial']}, {found['value']}")
    return found


def environment(settings: Mapping[str, Any], commit: str, given: Mapping[str, str]) -> dict[str, str]:
    """What `mlplatform_tuning` is told: the sweep, once templates are filled in, and which code its trials ran."""
    sweep = {**settings, "name": named(str(settings["name"])), "trials": int(settings["trials"])}
    return {**given, "SWEEP": json.dumps(sweep, sort_keys=True), "MLP_CODE_VERSION": commit or "unknown"}


def named(text: str) -> str:
    """A name that Optuna's study, MLflow's experiment and `mlp sweep` can have; two texts have two names."""
    if NAME.fullmatch(text):
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[: MOST - len(digest) - 1].strip("-")
    return f"{plain}-{digest}" if plain else digest


def pod(cpu: str, memory: str) -> dict[str, Any]:
    """A worker's pod: its bounds, one thread for numeric libraries, and where trials are kept."""
    from airflow.sdk import get_parsing_context

    if get_parsing_context().task_id:
        # Inside that pod already: it has what it was given, and the import would cost a second.
        return {}
    from kubernetes.client import models as k8s

    place = k8s.V1EnvVarSource(secret_key_ref=k8s.V1SecretKeySelector(name=KEYS, key="storage-url"))
    container = k8s.V1Container(
        name="base",
        resources=k8s.V1ResourceRequirements(requests={"cpu": cpu, "memory": memory}, limits={"memory": memory}),
        env=[
            *(k8s.V1EnvVar(name=f"{library}_NUM_THREADS", value="1") for library in ("OMP", "OPENBLAS", "MKL")),
            k8s.V1EnvVar(name="STORAGE_URL", value_from=place),
        ],
    )
    made = k8s.V1Pod(metadata=k8s.V1ObjectMeta(labels=dict(TUNES)), spec=k8s.V1PodSpec(containers=[container]))
    return {"pod_override": made}
