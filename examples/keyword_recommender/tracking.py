"""What is written to MLflow: one run, its facts and figures, and a new version of the registered model.

Server, user, password and workspace come from MLflow's own variables (MLFLOW_TRACKING_URI, _USERNAME, _PASSWORD,
MLFLOW_WORKSPACE), which its client reads itself: they pass through no code here, so none can end up in a run.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

from .evaluate import Interval
from .model import Ease
from .serving import DEFAULT_K

NAME = "keyword-recommender"
"""Of the experiment and the registered model."""

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

    `example` is one or more histories that show the model's input. Running again adds a run and a version.

    Raises:
        TrackingError: As `server`, or the server refused or couldn't be reached.
    """
    uri = server()
    # Before the import: MLflow would else report usage to its makers, warn that git is missing, and print addresses
    # that only pods can open.
    for variable, value in _QUIET.items():
        os.environ.setdefault(variable, value)
    # Here, not above: what is tested without a server needs no MLflow.
    import mlflow

    try:
        mlflow.set_experiment(NAME)
        with mlflow.start_run(tags=tags(facts)) as run:
            mlflow.log_params(dict(facts.parameters))
            mlflow.log_metrics(flat(facts))
            number = None if model is None else _register(model, facts, example)
        if model is None:
            mlflow.MlflowClient().set_terminated(run.info.run_id, "FAILED")
    except mlflow.exceptions.MlflowException as error:
        raise TrackingError(f"MLflow at {uri} did not record the run: {error}") from error
    return Recorded(run.info.run_id, number, facts.data_hash, code_version())


def _register(model: Ease, facts: Facts, example: Sequence[Sequence[int]]) -> str:
    import mlflow
    from mlflow.models import ModelSignature
    from mlflow.types.schema import Array, ColSpec, DataType, ParamSchema, ParamSpec, Schema

    signature = ModelSignature(
        inputs=Schema([ColSpec(Array(DataType.long), "history")]),
        outputs=Schema([ColSpec(Array(DataType.long), "items")]),
        params=ParamSchema([ParamSpec("k", DataType.long, DEFAULT_K)]),
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.npz"
        model.save(file)
        logged = mlflow.pyfunc.log_model(
            name="model",
            # A loader and plain arrays instead of a pickle: loading runs only the code that is packed beside them.
            loader_module=f"{_PACKAGE.name}.serving",
            data_path=str(file),
            code_paths=[str(_PACKAGE)],
            signature=signature,
            input_example=pd.DataFrame({"history": [np.array(history) for history in example]}),
            pip_requirements=[f"{package}=={version(package)}" for package in _SERVING_NEEDS],
            registered_model_name=NAME,
        )
    number = str(logged.registered_model_version)
    for key, value in tags(facts).items():
        mlflow.MlflowClient().set_model_version_tag(NAME, number, key, value)
    return number
