"""An MLflow signature as checks of JSON values, with words for people where one doesn't hold.

MLflow's own enforcement costs a millisecond a call and speaks of data frames; this is what it checks, on plain values.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Check = Callable[[Any, str], Any]
"""From a value and where it is to the value as the model gets it."""
BOUNDS = {"integer": 2**31, "long": 2**63}
NUMPY = {"long": "int64", "integer": "int32", "double": "float64", "float": "float32", "boolean": "bool"}
TENSOR = {"f": "double", "i": "long", "u": "long", "b": "boolean", "U": "string", "S": "string", "O": "any"}


class MismatchError(Exception):
    """A value isn't of its kind; the text says where, and what it is."""


@dataclass(frozen=True)
class Column:
    """One input or output."""

    name: str
    kind: str
    """MLflow's name of the type."""
    required: bool
    check: Check
    sample: Any
    """A value that it takes, made up: a real one could be somebody's."""


@dataclass(frozen=True)
class Schema:
    """What a row is: an object with these columns, or one value where the only column has no name."""

    columns: tuple[Column, ...]

    @property
    def named(self) -> bool:
        """Whether a row is an object."""
        return any(column.name for column in self.columns)

    def row(self, value: Any, where: str) -> Any:
        """A row as the model gets it.

        Raises:
            MismatchError: It isn't one.
        """
        if not self.named:
            return self.columns[0].check(value, where)
        if type(value) is not dict:
            raise MismatchError(f"{where} is {kind_of(value)}, it must be an object with {self.names}")
        found: dict[str, Any] = {}
        for column in self.columns:
            given = value.get(column.name)
            if given is None:
                if column.required:
                    raise MismatchError(f"{where} has no {column.name!r}: it needs {self.names}")
                found[column.name] = None
            else:
                found[column.name] = column.check(given, f"{where}.{column.name}")
        if len(value) > len(found) and (unknown := [name for name in value if name not in found]):
            raise MismatchError(f"{where} has {unknown[0]!r}, which the model doesn't know: it takes {self.names}")
        return found

    @property
    def sample(self) -> Any:
        """A row that it takes."""
        if not self.named:
            return self.columns[0].sample
        return {column.name: column.sample for column in self.columns if column.required}

    @property
    def names(self) -> str:
        """The columns for people."""
        return ", ".join(f"{column.name} ({column.kind})" for column in self.columns)


def parse(text: str | None) -> Schema | None:
    """A schema of an MLmodel file; None where there is none."""
    entries = json.loads(text) if text else []
    columns = tuple(
        Column(
            entry.get("name") or "", describe(entry), bool(entry.get("required", True)), check_of(entry), sample(entry)
        )
        for entry in entries
    )
    return Schema(columns) if columns else None


def describe(entry: Mapping[str, Any]) -> str:
    """A type for people."""
    kind = entry["type"]
    if kind == "array":
        return f"list of {describe(entry['items'])}"
    if kind == "tensor":
        return f"{entry['tensor-spec']['dtype']} numbers of shape {entry['tensor-spec']['shape']}"
    return str(kind)


def sample(entry: Mapping[str, Any]) -> Any:
    """A value of a type."""
    kind = entry["type"]
    if kind == "array":
        return [sample(entry["items"])] * 2
    if kind == "map":
        return {"key": sample(entry["values"])}
    if kind == "tensor":
        value: Any = 0.5
        for size in reversed(entry["tensor-spec"]["shape"][1:]):
            value = [value] * min(max(size, 1), 3)
        return value
    if kind == "object":
        return {}
    return {"long": 1, "integer": 1, "double": 0.5, "float": 0.5, "boolean": True}.get(kind, "text")


def kind_of(value: Any) -> str:
    """A JSON value's kind for people."""
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", list: "a list"}
    return "null" if value is None else names.get(type(value), "an object")


def check_of(entry: Mapping[str, Any]) -> Check:
    """The check of a type."""
    kind = entry["type"]
    if kind == "array":
        return _array(entry["items"])
    if kind == "object":
        return _object(entry["properties"])
    if kind == "map":
        return _map(check_of(entry["values"]))
    if kind == "tensor":
        return _tensor(entry["tensor-spec"])
    return {
        "long": _whole("long"),
        "integer": _whole("integer"),
        "double": _number,
        "float": _number,
        "string": _text,
        "boolean": _truth,
        "datetime": _text,
        "binary": _text,
    }.get(kind, finite)


def _whole(kind: str) -> Check:
    bound = BOUNDS[kind]

    def check(value: Any, where: str) -> int:
        if type(value) is not int:
            raise MismatchError(f"{where} is {kind_of(value)}, it must be a whole number")
        if not -bound <= value < bound:
            raise MismatchError(f"{where} is too large for a {kind}")
        return value

    return check


def _number(value: Any, where: str) -> float:
    if type(value) is float:
        if not math.isfinite(value):
            raise MismatchError(f"{where} is not a finite number")
        return value
    if type(value) is not int:
        raise MismatchError(f"{where} is {kind_of(value)}, it must be a number")
    try:
        return float(value)
    except OverflowError:
        raise MismatchError(f"{where} is too large for a number") from None


def _text(value: Any, where: str) -> str:
    if type(value) is not str:
        raise MismatchError(f"{where} is {kind_of(value)}, it must be a text")
    return value


def _truth(value: Any, where: str) -> bool:
    if type(value) is not bool:
        raise MismatchError(f"{where} is {kind_of(value)}, it must be true or false")
    return value


def finite(value: Any, where: str) -> Any:
    """Anything, as long as its numbers are finite."""
    if type(value) is float and not math.isfinite(value):
        raise MismatchError(f"{where} is not a finite number")
    if type(value) is list:
        for index, item in enumerate(value):
            finite(item, f"{where}[{index}]")
    elif type(value) is dict:
        for name, item in value.items():
            finite(item, f"{where}.{name}")
    return value


def _array(items: Mapping[str, Any]) -> Check:
    each, kind = check_of(items), items["type"]
    # One look at all of them where that says enough: histories are long.
    plain = {"long": int, "integer": int, "double": float, "float": float, "string": str, "boolean": bool}.get(kind)
    bound = BOUNDS.get(kind)

    def check(value: Any, where: str) -> list[Any]:
        if type(value) is not list:
            raise MismatchError(f"{where} is {kind_of(value)}, it must be a list")
        if plain is not None and all(type(item) is plain for item in value):
            if not value or plain in (str, bool):
                return value
            if bound is not None and -bound <= min(value) and max(value) < bound:
                return value
            if bound is None and math.isfinite(sum(value)):
                return value
        return [each(item, f"{where}[{index}]") for index, item in enumerate(value)]

    return check


def _object(properties: Mapping[str, Any]) -> Check:
    if isinstance(properties, list):
        properties = {entry["name"]: entry for entry in properties}
    checks = {name: (check_of(entry), bool(entry.get("required", True))) for name, entry in properties.items()}

    def check(value: Any, where: str) -> dict[str, Any]:
        if type(value) is not dict:
            raise MismatchError(f"{where} is {kind_of(value)}, it must be an object")
        for name, (_, required) in checks.items():
            if required and name not in value:
                raise MismatchError(f"{where} has no {name!r}")
        for name in value:
            if name not in checks:
                raise MismatchError(f"{where} has {name!r}, which the model doesn't know")
        return {name: checks[name][0](item, f"{where}.{name}") for name, item in value.items() if item is not None}

    return check


def _map(each: Check) -> Check:
    def check(value: Any, where: str) -> dict[str, Any]:
        if type(value) is not dict:
            raise MismatchError(f"{where} is {kind_of(value)}, it must be an object")
        return {name: each(item, f"{where}.{name}") for name, item in value.items()}

    return check


def _tensor(spec: Mapping[str, Any]) -> Check:
    """A row of a tensor: the first dimension is the rows'."""
    import numpy

    each = check_of({"type": TENSOR.get(numpy.dtype(spec["dtype"]).kind, "any")})

    def level(value: Any, where: str, shape: list[int]) -> Any:
        if not shape:
            return each(value, where)
        if type(value) is not list:
            raise MismatchError(f"{where} is {kind_of(value)}, it must be a list")
        if shape[0] not in (-1, len(value)):
            raise MismatchError(f"{where} has {len(value)} values, it must have {shape[0]}")
        return [level(item, f"{where}[{index}]", shape[1:]) for index, item in enumerate(value)]

    return lambda value, where: level(value, where, list(spec["shape"][1:]))


@dataclass(frozen=True)
class Params:
    """The parameters that a call may give, with what holds where it doesn't."""

    checks: Mapping[str, tuple[Check, Any]]

    def fill(self, given: Any) -> dict[str, Any]:
        """All parameters.

        Raises:
            MismatchError: One isn't known, or isn't of its kind.
        """
        if type(given) is not dict:
            raise MismatchError(f"params is {kind_of(given)}, it must be an object")
        for name in given:
            if name not in self.checks:
                known = ", ".join(self.checks) or "none"
                raise MismatchError(f"params has {name!r}, which the model doesn't know: it takes {known}")
        return {
            name: check(given[name], f"params.{name}") if given.get(name) is not None else default
            for name, (check, default) in self.checks.items()
        }


def parse_params(text: str | None) -> Params:
    """The parameters of an MLmodel file."""
    entries = json.loads(text) if text else []
    return Params({entry["name"]: (_parameter(entry), entry.get("default")) for entry in entries})


def _parameter(entry: Mapping[str, Any]) -> Check:
    kind = str(entry.get("type", entry.get("dtype", "any")))
    scalar = {"type": kind}
    return check_of({"type": "array", "items": scalar} if entry.get("shape") else scalar)
