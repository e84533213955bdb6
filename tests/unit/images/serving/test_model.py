"""A packed model is loaded as MLflow does it, predicts its example, and what it gives becomes plain values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest

from images.serving.mlplatform_serving import model
from images.serving.mlplatform_serving.model import AnswerError, Model, ModelError, Package, plain
from tests.unit.images.serving.conftest import LOADER, packed


def test_it_predicts(loaded: Model) -> None:
    loaded.rehearse()
    assert loaded.example == [{"x": 1.5}, {"x": 2.5}]
    assert loaded.predict(loaded.rows([{"x": 3}]), {"by": 1.0}) == [{"score": 6.0}]


def test_a_model_that_can_t_do_its_example_isnt_ready(tmp_path: Path) -> None:
    made = packed(tmp_path / "p", LOADER.replace("* 2 *", "* float('nan') *"))
    with pytest.raises(AnswerError, match=r"output\.score is not a finite number"):
        model.load(made / "model").rehearse()


def test_a_model_without_params_isnt_given_any(tmp_path: Path) -> None:
    loader = LOADER.replace(", params=None", "").replace("(params or {})", "{}")
    found = model.load(packed(tmp_path / "p", loader) / "model")
    assert found.predict([{"x": 1.0}], {"by": 3.0}) == [{"score": 2.0}]


def test_a_package_that_isnt_there_is_named(tmp_path: Path) -> None:
    made = packed(tmp_path / "p", "import no_such_library\n" + LOADER)
    with pytest.raises(ModelError, match="needs the package no_such_library"):
        model.load(made / "model")


def test_nothing_packed(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model is packed"):
        Package.read(tmp_path)
    with pytest.raises(ModelError, match="no MLmodel file"):
        model.load(tmp_path)
    (tmp_path / "MLmodel").write_text("flavors: {}")
    with pytest.raises(ModelError, match="no flavor python_function"):
        model.load(tmp_path)


@pytest.mark.parametrize(
    ("given", "rows"),
    [
        (pandas.DataFrame({"a": [1, 2], "b": [[1], [2]]}), [{"a": 1, "b": [1]}, {"a": 2, "b": [2]}]),
        (pandas.Series([1.5, 2.5]), [1.5, 2.5]),
        (numpy.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        ([numpy.int64(1), numpy.array([2.5])], [1, [2.5]]),
        (["a", "b"], ["a", "b"]),
        (pandas.DataFrame({"a": [numpy.array([1, 2])]}), [{"a": [1, 2]}]),
    ],
)
def test_what_models_give(given: Any, rows: list[Any]) -> None:
    found = plain(given)
    assert found == rows
    json.dumps(found)


def test_one_object_for_many_inputs_is_no_answer() -> None:
    with pytest.raises(AnswerError, match="one object"):
        plain({"a": 1})


@pytest.mark.parametrize(
    ("example", "rows"),
    [
        ({"dataframe_split": {"columns": ["x"], "data": [[1], [2]]}}, [{"x": 1}, {"x": 2}]),
        ({"dataframe_records": [{"x": 1}]}, [{"x": 1}]),
        ({"inputs": {"x": [1, 2]}}, [{"x": 1}, {"x": 2}]),
        ({"inputs": [[1.0, 2.0]]}, [[1.0, 2.0]]),
        ({"other": 1}, []),
        (None, []),
    ],
)
def test_examples_as_mlflow_keeps_them(tmp_path: Path, example: Any, rows: list[Any]) -> None:
    if example is not None:
        (tmp_path / "serving_input_example.json").write_text(json.dumps(example))
    assert model._example(tmp_path, {}) == rows


def frame(loaded: Model, entries: list[dict[str, Any]], rows: list[Any]) -> pandas.DataFrame:
    from dataclasses import replace

    from images.serving.mlplatform_serving import schema

    found = replace(loaded, inputs=schema.parse(json.dumps(entries)))._data(rows)
    assert isinstance(found, pandas.DataFrame)
    return found


def test_columns_have_the_signature_s_kinds(loaded: Model) -> None:
    entries = [
        {"name": name, "type": kind, "required": True}
        for name, kind in (("a", "long"), ("b", "float"), ("c", "string"), ("d", "boolean"), ("f", "integer"))
    ] + [{"name": "e", "type": "array", "items": {"type": "long"}, "required": True}]
    rows = [{"a": 1, "b": 0.5, "c": "t", "d": True, "e": [1, 2], "f": 3}] * 2
    found = frame(loaded, entries, rows)
    assert {name: str(kind) for name, kind in found.dtypes.items()} == {
        "a": "int64",
        "b": "float32",
        "c": "object",
        "d": "bool",
        "e": "object",
        "f": "int32",
    }
    assert found["e"][0].dtype == numpy.int64 and found["e"][1].tolist() == [1, 2]


def test_what_is_missing_is_empty(loaded: Model) -> None:
    found = frame(loaded, [{"name": "a", "type": "double", "required": False}], [{"a": None}, {"a": 1.5}])
    assert found["a"].isna().tolist() == [True, False]
