"""An MLflow signature's checks: what passes is what the model gets, what doesn't is named with where and what it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from images.serving.mlplatform_serving import schema
from images.serving.mlplatform_serving.schema import MismatchError


def of(**entry: Any) -> schema.Schema:
    found = schema.parse(json.dumps([{"name": "x", "required": True, **entry}]))
    assert found is not None
    return found


LONGS = {"type": "array", "items": {"type": "long"}}
DOUBLES = {"type": "array", "items": {"type": "double"}}


@pytest.mark.parametrize(
    ("entry", "value", "given"),
    [
        ({"type": "long"}, 5, 5),
        ({"type": "integer"}, -(2**31), -(2**31)),
        ({"type": "double"}, 2, 2.0),
        ({"type": "float"}, 1.5, 1.5),
        ({"type": "string"}, "ü", "ü"),
        ({"type": "boolean"}, True, True),
        ({"type": "any"}, {"a": [1]}, {"a": [1]}),
        (LONGS, [], []),
        (LONGS, [1, 2], [1, 2]),
        (DOUBLES, [1, 2.5], [1.0, 2.5]),
        (DOUBLES, [1e308, 1e308], [1e308, 1e308]),
        ({"type": "array", "items": LONGS}, [[1], []], [[1], []]),
        ({"type": "map", "values": {"type": "long"}}, {"a": 1}, {"a": 1}),
        ({"type": "object", "properties": {"a": {"type": "long", "required": True}}}, {"a": 1}, {"a": 1}),
    ],
)
def test_what_passes(entry: dict[str, Any], value: Any, given: Any) -> None:
    assert of(**entry).row({"x": value}, "inputs[0]") == {"x": given}


@pytest.mark.parametrize(
    ("entry", "value", "why"),
    [
        ({"type": "long"}, "5", "inputs[0].x is a text, it must be a whole number"),
        ({"type": "long"}, 5.0, "inputs[0].x is a number, it must be a whole number"),
        ({"type": "long"}, True, "inputs[0].x is true or false, it must be a whole number"),
        ({"type": "long"}, 2**63, "inputs[0].x is too large for a long"),
        ({"type": "integer"}, 2**31, "inputs[0].x is too large for a integer"),
        ({"type": "double"}, float("inf"), "inputs[0].x is not a finite number"),
        ({"type": "double"}, 10**400, "inputs[0].x is too large for a number"),
        ({"type": "double"}, False, "inputs[0].x is true or false, it must be a number"),
        ({"type": "string"}, 5, "inputs[0].x is a whole number, it must be a text"),
        ({"type": "boolean"}, 1, "inputs[0].x is a whole number, it must be true or false"),
        (LONGS, {"a": 1}, "inputs[0].x is an object, it must be a list"),
        (LONGS, [1, None], "inputs[0].x[1] is null, it must be a whole number"),
        (LONGS, [1, 2**63], "inputs[0].x[1] is too large for a long"),
        (LONGS, [-(2**63) - 1, 1], "inputs[0].x[0] is too large for a long"),
        (DOUBLES, [0.5, float("inf"), float("-inf")], "inputs[0].x[1] is not a finite number"),
        (DOUBLES, [0.5, "1"], "inputs[0].x[1] is a text, it must be a number"),
        ({"type": "any"}, {"a": [float("inf")]}, "inputs[0].x.a[0] is not a finite number"),
        ({"type": "map", "values": {"type": "long"}}, {"a": "b"}, "inputs[0].x.a is a text, it must be a whole number"),
        ({"type": "object", "properties": {"a": {"type": "long", "required": True}}}, {}, "inputs[0].x has no 'a'"),
        (
            {"type": "object", "properties": {"a": {"type": "long", "required": False}}},
            {"b": 1},
            "inputs[0].x has 'b', which the model doesn't know",
        ),
    ],
)
def test_what_doesnt(entry: dict[str, Any], value: Any, why: str) -> None:
    with pytest.raises(MismatchError) as error:
        of(**entry).row({"x": value}, "inputs[0]")
    assert str(error.value) == why


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ([1], "is a list, it must be an object with x (long)"),
        ({}, "has no 'x': it needs x (long)"),
        ({"x": None}, "has no 'x'"),
        ({"x": 1, "y": 2}, "has 'y', which the model doesn't know: it takes x (long)"),
    ],
)
def test_rows_that_arent(row: Any, why: str) -> None:
    with pytest.raises(MismatchError) as error:
        of(type="long").row(row, "inputs[0]")
    assert why in str(error.value)


def test_what_isnt_required_may_be_missing() -> None:
    assert of(type="long", required=False).row({}, "r") == {"x": None}


def test_a_tensor_row_has_its_shape() -> None:
    spec = {"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2, -1]}}
    found = schema.parse(json.dumps([spec]))
    assert found is not None and not found.named
    assert found.row([[1, 2, 3], [4.5]], "r") == [[1.0, 2.0, 3.0], [4.5]]
    for wrong, why in (([[1]], "has 1 values, it must have 2"), ([[1], ["a"]], "r[1][0] is a text"), (3, "a list")):
        with pytest.raises(MismatchError) as error:
            found.row(wrong, "r")
        assert why in str(error.value)
    assert found.row(found.sample, "r")


def test_a_made_up_sample_passes_its_own_check() -> None:
    entries = [
        {"type": "long", "name": "a", "required": True},
        {**LONGS, "name": "b", "required": True},
        {"type": "map", "values": {"type": "double"}, "name": "c", "required": True},
        {"type": "string", "name": "d", "required": False},
    ]
    found = schema.parse(json.dumps(entries))
    assert found is not None
    assert found.row(found.sample, "r") == {**found.sample, "d": None}


def test_params_are_filled_and_checked() -> None:
    entries = [
        {"name": "k", "type": "long", "default": 10, "shape": None},
        {"name": "w", "type": "double", "default": [0.5], "shape": [-1]},
    ]
    params = schema.parse_params(json.dumps(entries))
    assert params.fill({}) == {"k": 10, "w": [0.5]}
    assert params.fill({"k": 3, "w": [1]}) == {"k": 3, "w": [1.0]}
    for given, why in (({"q": 1}, "has 'q'"), ({"k": "3"}, "params.k is a text"), ([], "must be an object")):
        with pytest.raises(MismatchError, match=why):
            params.fill(given)
    with pytest.raises(MismatchError, match="it takes none"):
        schema.parse_params(None).fill({"k": 1})


def test_no_signature_is_no_schema() -> None:
    assert schema.parse(None) is None
    assert schema.parse("[]") is None
