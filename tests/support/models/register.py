"""`python register.py NAME KIND=SECONDS ...`: registers a version of a model for each kind, in that order.

Prints `registered: {...}`, kind -> version. MLflow's server, user and workspace come from its own variables.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

import mlflow
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types.schema import Array, ColSpec, DataType, ParamSchema, ParamSpec, Schema
from served import DEFAULT_K, EXAMPLE

SIGNATURE = ModelSignature(
    inputs=Schema([ColSpec(Array(DataType.long), "history")]),
    outputs=Schema([ColSpec(Array(DataType.long), "items"), ColSpec(DataType.double, "score")]),
    params=ParamSchema([ParamSpec("k", DataType.long, DEFAULT_K)]),
)
NEEDS = ("mlflow-skinny", "pandas")


def register(name: str, kind: str, seconds: float) -> str:
    """One version in a run of its own; its number."""
    with tempfile.TemporaryDirectory() as folder, mlflow.start_run(run_name=kind):
        file = Path(folder) / "served.json"
        file.write_text(json.dumps({"kind": kind, "seconds": seconds}))
        logged = mlflow.pyfunc.log_model(
            name="model",
            loader_module="served",
            data_path=str(file),
            code_paths=[str(Path(__file__).with_name("served.py"))],
            signature=SIGNATURE,
            input_example=pd.DataFrame({"history": [EXAMPLE]}),
            pip_requirements=[f"{package}=={version(package)}" for package in NEEDS],
            registered_model_name=name,
        )
    return str(logged.registered_model_version)


def main(name: str, *kinds: str) -> None:
    """All of them."""
    mlflow.set_experiment(name)
    wanted = [kind.partition("=") for kind in kinds]
    # A kind may come more than once: its versions differ in their run alone.
    found = [[kind, register(name, kind, float(seconds))] for kind, _, seconds in wanted]
    print("registered: " + json.dumps(found), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
