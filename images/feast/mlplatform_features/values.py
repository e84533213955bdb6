"""Values as Feast keeps them, and as JSON has them. Pure."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from typing import Any

from . import lean

lean.feast()

from feast.infra.key_encoding_utils import serialize_entity_key  # noqa: E402 - after Feast is made lean
from feast.protos.feast.types.EntityKey_pb2 import EntityKey  # noqa: E402
from feast.protos.feast.types.Value_pb2 import Value, ValueType  # noqa: E402

KEY_VERSION = 3
FIELDS = {
    ValueType.STRING: ("string_val", str),
    ValueType.INT32: ("int32_val", int),
    ValueType.INT64: ("int64_val", int),
    ValueType.BYTES: ("bytes_val", str),
}
"""What an entity may be, by Feast's number: the message's field and what it is in JSON."""


def key(names: Sequence[str], types: Sequence[int], row: Sequence[Any]) -> bytes:
    """An entity's key as Feast's online stores have it.

    Raises:
        ValueError: A value isn't of its type.
    """
    values = [_entity(type_, value) for type_, value in zip(types, row, strict=True)]
    return bytes(serialize_entity_key(EntityKey(join_keys=names, entity_values=values), KEY_VERSION))


def _entity(type_: int, value: Any) -> Value:
    field, wanted = FIELDS.get(type_, ("", None))
    # To Python True is a number too.
    if wanted is None or not isinstance(value, wanted) or isinstance(value, bool):
        raise ValueError(f"{value!r} is no {ValueType.Enum.Name(type_)}")
    made = Value()
    try:
        setattr(made, field, base64.b64decode(value, validate=True) if field == "bytes_val" else value)
    except ValueError:
        raise ValueError(f"{value!r} is no {ValueType.Enum.Name(type_)}") from None
    return made


def plain(body: bytes) -> Any:
    """A kept value for JSON; None for one that is null or no number."""
    return _plain(Value.FromString(body))


def _plain(value: Any) -> Any:
    kind = value.WhichOneof("val")
    if kind is None or kind == "null_val":
        return None
    found = getattr(value, kind)
    if kind in ("list_val", "set_val"):
        return [_plain(inner) for inner in found.val]
    if kind.endswith(("_list_val", "_set_val")):
        return [_scalar(inner) for inner in found.val]
    return _scalar(found)


def _scalar(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, bool | int | str):
        return value
    return str(value)
