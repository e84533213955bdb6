"""Values as Feast keeps them, and as JSON has them. Pure."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from types import NoneType
from typing import Any

from . import lean

KEY_VERSION = 3
STRING, BYTES, INT32, INT64 = 2, 1, 3, 4
"""What an entity may be, by Feast's numbers."""
FIELDS: dict[int, tuple[str, str, type]] = {
    STRING: ("STRING", "string_val", str),
    BYTES: ("BYTES", "bytes_val", str),
    INT32: ("INT32", "int32_val", int),
    INT64: ("INT64", "int64_val", int),
}
"""Each one's name, its field in the message, and what it is in JSON."""


@dataclass(frozen=True)
class Messages:
    """Feast's own, loaded when they are needed."""

    value: Any
    entity: Any
    encode: Any


@cache
def messages() -> Messages:
    """Without the rest of Feast."""
    lean.feast()
    from feast.infra.key_encoding_utils import serialize_entity_key
    from feast.protos.feast.types.EntityKey_pb2 import EntityKey
    from feast.protos.feast.types.Value_pb2 import Value

    return Messages(Value, EntityKey, serialize_entity_key)


def key(names: Sequence[str], types: Sequence[int], row: Sequence[Any]) -> bytes:
    """An entity's key as Feast's online stores have it.

    Raises:
        ValueError: A value isn't of its type.
    """
    feast = messages()
    values = [_entity(type_, value) for type_, value in zip(types, row, strict=True)]
    return bytes(feast.encode(feast.entity(join_keys=names, entity_values=values), KEY_VERSION))


def _entity(type_: int, value: Any) -> Any:
    name, field, wanted = FIELDS.get(type_, ("value that an entity can have", "", NoneType))
    # To Python True is a number too.
    if not field or not isinstance(value, wanted) or isinstance(value, bool):
        raise ValueError(f"{value!r} is no {name}")
    made = messages().value()
    try:
        setattr(made, field, base64.b64decode(str(value), validate=True) if field == "bytes_val" else value)
    except ValueError:
        raise ValueError(f"{value!r} is no {name}") from None
    return made


def plain(body: bytes) -> Any:
    """A kept value for JSON; None for one that is null or no number."""
    return _plain(messages().value.FromString(body))


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
