"""What is written to MLflow: one run a mix, corpus and code, and its version of the registered model."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from .evaluate import Interval
from .model import Recommender
from .serving import DEFAULT_K

NAME = "article-recommender"
"""Of the experiment and the registered model."""
EXAMPLE = "solve a system of linear equations with a symmetric positive definite matrix"
_PACKAGE = Path(__file__).parent
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}
_SERVING_NEEDS = ("mlflow-skinny", "numpy", "pandas")


@dataclass(frozen=True)
class Recorded:
    """Where it went."""

    run_id: str
    model_version: str


def code_version() -> str:
    """A hash of this package's sources."""
    digest = hashlib.sha256()
    for source in sorted(_PACKAGE.glob("*.py")):
        digest.update(f"{source.name}\0".encode() + source.read_bytes())
    return f"sha256:{digest.hexdigest()}"


def record(model: Recommender, digest: str, queries: int, figures: Mapping[str, Interval]) -> Recorded:
    """Log and register a model, once however often the same one is recorded.

    Args:
        model: What is registered.
        digest: Of the corpus.
        queries: How many the figures are from.
        figures: By name; each is logged with both ends of its interval.
    """
    for variable, value in _QUIET.items():
        os.environ.setdefault(variable, value)
    import mlflow

    client = mlflow.MlflowClient()
    experiment = mlflow.set_experiment(NAME).experiment_id
    mix = json.dumps(asdict(model.mix), sort_keys=True)
    tags = {
        "code_version": code_version(),
        "data_hash": digest,
        "mix": hashlib.sha256(mix.encode()).hexdigest(),
        "image": os.environ.get("MLP_IMAGE", "unknown"),
    }
    wanted = " and ".join(f"tags.{key} = '{value}'" for key, value in tags.items())
    there = client.search_runs([experiment], wanted, max_results=1)
    with mlflow.start_run(there[0].info.run_id if there else None, experiment, tags=tags) as run:
        mlflow.log_params(asdict(model.mix))
        metrics = {"test_articles": float(queries)}
        for name, found in figures.items():
            metrics |= {name: found.mean, f"{name}_low": found.low, f"{name}_high": found.high}
        if not run.data.metrics:
            mlflow.log_metrics(metrics)
        uri = _model_of(client, run.info) or _upload(model)
    versions = client.search_model_versions(f"run_id = '{run.info.run_id}'")
    made = versions[0] if versions else mlflow.register_model(uri, NAME, tags=tags)
    return Recorded(run.info.run_id, str(made.version))


def _model_of(client: Any, run: Any) -> str | None:
    """The model that a run has already."""
    for there in client.search_logged_models([run.experiment_id], f"source_run_id = '{run.run_id}'"):
        if there.status == "READY":
            return str(there.model_uri)
        # Somebody was killed while uploading it.
        client.delete_logged_model(there.model_id)
    return None


def _upload(model: Recommender) -> str:
    import mlflow
    from mlflow.models import ModelSignature
    from mlflow.types.schema import Array, ColSpec, DataType, ParamSchema, ParamSpec, Schema

    signature = ModelSignature(
        inputs=Schema([ColSpec(DataType.string, "text")]),
        outputs=Schema([ColSpec(Array(DataType.string), "articles"), ColSpec(Array(DataType.double), "scores")]),
        params=ParamSchema([ParamSpec("k", DataType.long, DEFAULT_K)]),
    )
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "recommender"
        model.save(folder)
        uploaded = mlflow.pyfunc.log_model(
            name="model",
            loader_module=f"{_PACKAGE.name}.serving",
            data_path=str(folder),
            code_paths=[str(_PACKAGE)],
            signature=signature,
            input_example=pd.DataFrame({"text": [EXAMPLE]}),
            pip_requirements=[f"{package}=={version(package)}" for package in _SERVING_NEEDS],
        )
    return str(uploaded.model_uri)
