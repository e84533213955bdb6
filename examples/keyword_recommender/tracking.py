"""What is written to MLflow: one run, its facts and figures, and a new version of the registered model.

Server, user, password and workspace come from MLflow's own variables (MLFLOW_TRACKING_URI, _USERNAME, _PASSWORD,
MLFLOW_WORKSPACE), which its client reads itself: they pass through no code here, so none can end up in a run.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

from .evaluate import Interval
from .model import Ease
from .serving import DEFAULT_K

NAME = "keyword-recommender"
"""Of the experiment and the registered model."""
CHAMPION = "champion"
"""Alias of the version that is served."""
RANKED_BY = "ndcg_at_10"
"""Metric of runs by which a version becomes champion."""

_PACKAGE = Path(__file__).parent
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}
_SERVING_NEEDS = ("mlflow-skinny", "numpy", "pandas")


class TrackingError(Exception):
    """The run could not be recorded; the text says what to look at."""


@dataclass(frozen=True)
class Facts:
    """What a run is told about itself, besides the model."""

    source: str
    data_hash: str
    parameters: Mapping[str, object]
    figures: Mapping[str, Interval]
    validation_ndcg: float
    test_users: int
    origin: Mapping[str, str] = field(default_factory=dict)
    """Tags that say which day and run of the pipeline this is, which is then recorded once; none for a single run."""


@dataclass(frozen=True)
class Logged:
    """A run, and the address of its model; none where there was no model to log."""

    run_id: str
    model_uri: str | None


@dataclass(frozen=True)
class Recorded:
    """Where it went; no version where no model was registered."""

    run_id: str
    model_version: str | None
    data_hash: str
    code_version: str


def code_version() -> str:
    """MLP_CODE_VERSION (a commit), else a hash of this package's sources."""
    if given := os.environ.get("MLP_CODE_VERSION"):
        return given
    digest = hashlib.sha256()
    for source in sorted(_PACKAGE.glob("*.py")):
        digest.update(f"{source.name}\0".encode() + source.read_bytes())
    return f"sha256:{digest.hexdigest()}"


def tags(facts: Facts) -> dict[str, str]:
    """What run and model version say about their origin."""
    return {
        "code_version": code_version(),
        "data_hash": facts.data_hash,
        "data_source": facts.source,
        "image": os.environ.get("MLP_IMAGE", "unknown"),
        **facts.origin,
    }


def flat(facts: Facts) -> dict[str, float]:
    """Figures as MLflow metrics: `<name>`, `<name>_low`, `<name>_high`."""
    metrics = {"validation_ndcg": facts.validation_ndcg, "test_users": float(facts.test_users)}
    for name, interval in facts.figures.items():
        metrics |= {name: interval.mean, f"{name}_low": interval.low, f"{name}_high": interval.high}
    return metrics


def server() -> str:
    """The MLflow server's address.

    Raises:
        TrackingError: It isn't set, or holds a password, which would end up in messages.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI", "")
    if not uri:
        raise TrackingError("MLFLOW_TRACKING_URI isn't set: it says which MLflow server records the run")
    if "@" in urlsplit(uri).netloc:
        raise TrackingError("MLFLOW_TRACKING_URI holds a user: name it in MLFLOW_TRACKING_USERNAME and _PASSWORD")
    return uri


def record(model: Ease | None, facts: Facts, example: Sequence[Sequence[int]]) -> Recorded:
    """Record a run; with a model, log and register it too, else mark the run failed.

    `example` is one or more histories that show the model's input. Without an origin, running again adds a run and a
    version.

    Raises:
        TrackingError: As `server`, or the server refused or couldn't be reached.
    """
    logged = log(model, facts, example)
    number = None if logged.model_uri is None else register(logged, facts)
    return Recorded(logged.run_id, number, facts.data_hash, code_version())


def log(model: Ease | None, facts: Facts, example: Sequence[Sequence[int]]) -> Logged:
    """Log a run with its model; without one it is marked failed.

    A run of the same origin, data and code is taken up where it was left. The origin's day is the run's name.

    Raises:
        TrackingError: As `record`.
    """
    mlflow, experiment = _connected()
    with _explained():
        client = mlflow.MlflowClient()
        found = _found(client, experiment, tags(facts)) if facts.origin else None
        with mlflow.start_run(found, experiment, facts.origin.get("day"), tags=tags(facts)) as run:
            mlflow.log_params(dict(facts.parameters))
            # In one request: they are all there or none is.
            if not run.data.metrics:
                mlflow.log_metrics(flat(facts))
            uri = None if model is None else _logged_model(client, run.info, model, example)
        if model is None:
            client.set_terminated(run.info.run_id, "FAILED")
    return Logged(run.info.run_id, uri)


def register(logged: Logged, facts: Facts) -> str:
    """The registered model's version of a logged run, made unless it is there.

    Raises:
        TrackingError: As `record`.
    """
    mlflow, _ = _connected()
    with _explained():
        there = mlflow.MlflowClient().search_model_versions(f"run_id = '{logged.run_id}'")
        # With its tags in one request: a process that is killed here leaves no version without them.
        made = there[0] if there else mlflow.register_model(logged.model_uri, NAME, tags=tags(facts))
    return str(made.version)


def promote(number: str) -> str:
    """The version that is champion now: this one if there was none, or none with a better NDCG on its own test users.

    Raises:
        TrackingError: As `record`.
    """
    mlflow, _ = _connected()
    with _explained():
        client = mlflow.MlflowClient()
        there = _champion(client, mlflow)
        if there is not None and (there.version == number or _ndcg(client, there) > _ndcg(client, number)):
            return str(there.version)
        client.set_registered_model_alias(NAME, CHAMPION, number)
    return number


def _champion(client: Any, mlflow: Any) -> Any:
    """The champion's version; None where there is none."""
    try:
        return client.get_model_version_by_alias(NAME, CHAMPION)
    except mlflow.exceptions.MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def _ndcg(client: Any, version: Any) -> float:
    """What its run scored; worse than any where it didn't say."""
    found = client.get_model_version(NAME, version) if isinstance(version, str) else version
    return float(client.get_run(found.run_id).data.metrics.get(RANKED_BY, float("-inf")))


def _connected() -> tuple[Any, str]:
    server()
    # Before the import: MLflow would else report usage to its makers, warn that git is missing, and print addresses
    # that only pods can open.
    for variable, value in _QUIET.items():
        os.environ.setdefault(variable, value)
    # Here, not above: what is tested without a server needs no MLflow.
    import mlflow

    with _explained():
        return mlflow, mlflow.set_experiment(NAME).experiment_id


@contextmanager
def _explained() -> Iterator[None]:
    import mlflow

    try:
        yield
    except mlflow.exceptions.MlflowException as error:
        raise TrackingError(f"MLflow at {server()} did not record the run: {error}") from error


def _found(client: Any, experiment: str, labels: Mapping[str, str]) -> str | None:
    """The run with these tags."""
    wanted = " and ".join(f"tags.{key} = '{value}'" for key, value in labels.items())
    runs = client.search_runs([experiment], wanted, max_results=1)
    return str(runs[0].info.run_id) if runs else None


def _logged_model(client: Any, run: Any, model: Ease, example: Sequence[Sequence[int]]) -> str:
    """The address of the run's model: the one that it has already, else it is uploaded."""
    for there in client.search_logged_models([run.experiment_id], f"source_run_id = '{run.run_id}'"):
        if there.status == "READY":
            return str(there.model_uri)
        # Somebody was killed while uploading it.
        client.delete_logged_model(there.model_id)
    return _upload(model, example)


def _upload(model: Ease, example: Sequence[Sequence[int]]) -> str:
    import mlflow
    from mlflow.models import ModelSignature
    from mlflow.types.schema import Array, ColSpec, DataType, ParamSchema, ParamSpec, Schema

    signature = ModelSignature(
        inputs=Schema(
            [
                ColSpec(Array(DataType.long), "history", required=False),
                ColSpec(DataType.long, "user", required=False),
            ]
        ),
        outputs=Schema([ColSpec(Array(DataType.long), "items"), ColSpec(Array(DataType.double), "scores")]),
        params=ParamSchema([ParamSpec("k", DataType.long, DEFAULT_K)]),
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.npz"
        model.save(file)
        uploaded = mlflow.pyfunc.log_model(
            name="model",
            # A loader and plain arrays instead of a pickle: loading runs only the code that is packed beside them.
            loader_module=f"{_PACKAGE.name}.serving",
            data_path=str(file),
            code_paths=[str(_PACKAGE)],
            signature=signature,
            input_example=pd.DataFrame({"history": [np.array(history) for history in example]}),
            pip_requirements=[f"{package}=={version(package)}" for package in _SERVING_NEEDS],
        )
    return str(uploaded.model_uri)
