"""The packed MLflow model: loaded, asked, and its answers looked at."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import schema
from .schema import MismatchError, Params, Schema

QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"}


class ModelError(Exception):
    """The packed model can't be served; the text says why."""


class AnswerError(Exception):
    """The model gave an answer that isn't one."""


@dataclass(frozen=True)
class Package:
    """What was packed, as the packer noted it."""

    model: str
    version: str
    run: str
    kind: str

    @classmethod
    def read(cls, folder: Path) -> Package:
        """Of a folder.

        Raises:
            ModelError: Nothing is packed there.
        """
        try:
            noted = json.loads((folder / "package.json").read_text())
            return cls(noted["model"], noted["version"], noted["run"], noted["kind"])
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"no model is packed at {folder}: {error}") from None


@dataclass(frozen=True)
class Model:
    """A model that answers rows."""

    function: Any
    """The model's own: from a frame or an array, and parameters, to answers."""
    takes_params: bool
    inputs: Schema | None
    outputs: Schema | None
    params: Params
    example: list[Any] = field(default_factory=list)
    """Rows that it can answer."""

    def rows(self, given: Any) -> list[Any]:
        """The rows of a request, checked.

        Raises:
            MismatchError: They aren't what the model takes.
        """
        if type(given) is not list:
            raise MismatchError(f"inputs is {schema.kind_of(given)}, it must be a list")
        if not given:
            raise MismatchError("inputs is empty, it must have at least one")
        check = self.inputs.row if self.inputs else schema.finite
        return [check(row, f"inputs[{index}]") for index, row in enumerate(given)]

    def predict(self, rows: Sequence[Any], params: Mapping[str, Any]) -> list[Any]:
        """One answer a row, as plain values, not yet looked at.

        Raises:
            AnswerError: There are more or fewer.
        """
        data = self._data(rows)
        given = self.function(data, params=dict(params)) if self.takes_params else self.function(data)
        found = plain(given)
        if len(found) != len(rows):
            raise AnswerError(f"the model gave {len(found)} answers to {len(rows)} inputs")
        return found

    def checked(self, answer: Any) -> Any:
        """One answer as the signature has it.

        Raises:
            AnswerError: It isn't.
        """
        try:
            return self.outputs.row(answer, "output") if self.outputs else schema.finite(answer, "output")
        except MismatchError as error:
            raise AnswerError(str(error)) from None

    def rehearse(self) -> None:
        """Answer the example.

        Raises:
            AnswerError: The answer isn't one.
        """
        if self.example:
            for answer in self.predict(self.rows(self.example), self.params.fill({})):
                self.checked(answer)

    def _data(self, rows: Sequence[Any]) -> Any:
        import numpy
        import pandas

        if self.inputs is None:
            return pandas.DataFrame(list(rows)) if type(rows[0]) is dict else list(rows)
        if not self.inputs.named:
            column = self.inputs.columns[0]
            return numpy.asarray(rows, dtype=_tensor_type(column.kind)) if " of shape " in column.kind else list(rows)
        columns = {}
        for column in self.inputs.columns:
            values = [row[column.name] for row in rows]
            kind = schema.NUMPY.get(column.kind)
            of = schema.NUMPY.get(column.kind.removeprefix("list of "))
            if kind and None not in values:
                columns[column.name] = pandas.Series(numpy.array(values, dtype=kind))
            elif of and column.kind.startswith("list of "):
                # As MLflow hands on lists: an array a cell.
                cells = [None if value is None else numpy.array(value, dtype=of) for value in values]
                columns[column.name] = pandas.Series(cells, dtype=object)
            else:
                columns[column.name] = pandas.Series(values, dtype=None if kind else object)
        return pandas.DataFrame(columns, copy=False)


def _tensor_type(kind: str) -> str:
    return kind.split(" ", 1)[0]


def plain(given: Any) -> list[Any]:
    """What models give, as lists, texts and numbers: frames, arrays, series, or these already."""
    if hasattr(given, "columns") and hasattr(given, "to_dict"):
        names = [str(name) for name in given.columns]
        values = [_listed(given[name]) for name in given.columns]
        return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]
    if isinstance(given, dict):
        raise AnswerError("the model gave one object, not one answer an input")
    return _listed(given)


def _listed(values: Any) -> list[Any]:
    listed = values.tolist() if hasattr(values, "tolist") else values
    if not isinstance(listed, list):
        listed = list(listed) if hasattr(listed, "__iter__") and not isinstance(listed, str | bytes) else [listed]
    return [value.tolist() if hasattr(value, "tolist") else value for value in listed]


def load(folder: Path) -> Model:
    """The model in a folder as MLflow writes it.

    Raises:
        ModelError: It can't be loaded.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    import yaml

    try:
        noted = yaml.safe_load((folder / "MLmodel").read_text())
    except (OSError, yaml.YAMLError) as error:
        raise ModelError(f"the packed model has no MLmodel file that can be read: {error}") from None
    try:
        function = _function(folder, noted.get("flavors", {}).get("python_function") or {})
    except ModuleNotFoundError as error:
        raise ModelError(
            f"the model needs the package {error.name}, which image serving doesn't have: "
            "log the model with code_paths, or pack a Bento that brings it"
        ) from None
    signature = noted.get("signature") or {}
    return Model(
        function=function,
        takes_params="params" in inspect.signature(function).parameters,
        inputs=schema.parse(signature.get("inputs")),
        outputs=schema.parse(signature.get("outputs")),
        params=schema.parse_params(signature.get("params")),
        example=_example(folder, noted),
    )


def _function(folder: Path, flavor: Mapping[str, Any]) -> Any:
    """What predicts.

    A model with a loader of its own is loaded as MLflow does it, without MLflow: its import takes longer than
    everything else from a pod's start to its first answer.
    """
    module = flavor.get("loader_module")
    if not module:
        raise ModelError("the packed model has no flavor python_function: log it with mlflow.pyfunc or its own flavor")
    if module.split(".")[0] == "mlflow" or flavor.get("config"):
        import mlflow.pyfunc

        return mlflow.pyfunc.load_model(str(folder))._predict_fn
    if code := flavor.get("code"):
        sys.path.insert(0, str(folder / code))
    data = folder / flavor["data"] if flavor.get("data") else folder
    loaded = importlib.import_module(module)._load_pyfunc(str(data))
    return getattr(loaded, flavor.get("predict_fn") or "predict")


def _example(folder: Path, noted: Mapping[str, Any]) -> list[Any]:
    """The input example as rows: MLflow keeps it as what its own server takes."""
    info = noted.get("saved_input_example_info") or {}
    name = info.get("serving_input_path", "serving_input_example.json")
    try:
        given = json.loads((folder / name).read_text())
    except (OSError, ValueError):
        return []
    if "dataframe_split" in given:
        split = given["dataframe_split"]
        names = split.get("columns")
        return [dict(zip(names, row, strict=True)) if names else row for row in split["data"]]
    if "dataframe_records" in given:
        return list(given["dataframe_records"])
    inputs = given.get("inputs", given.get("instances"))
    if isinstance(inputs, dict):
        return [dict(zip(inputs, row, strict=True)) for row in zip(*inputs.values(), strict=True)]
    return inputs if isinstance(inputs, list) else []
