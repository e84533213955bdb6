"""Pulumi's values on the wire: protobuf structs to Python and back, with secrets and unknowns kept apart.

Plain values are Python's own (dict, list, str, int, float, bool); a secret is wrapped in `Secret`; a value that is only
known after other resources exist is `UNKNOWN`. Signatures and placeholders are those of Pulumi's Go SDK
(`resource/plugin/rpc.go`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import struct_pb2

Object = dict[str, Any]

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a type tag of Pulumi's protocol
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# Shorter texts (a port, "true") would riddle messages and are no secrets worth the name.
_SHORTEST_SECRET = 6
_UNKNOWNS = {
    _UNKNOWN_STRING,
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
}


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, _: Any) -> _Unknown:
        return self


UNKNOWN = _Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that Pulumi encrypts in its state; never shown, not even by `repr`."""

    value: Any

    def __repr__(self) -> str:  # noqa: D105 - the class says it
        return "Secret(...)"


def decode(struct: struct_pb2.Struct) -> Object:
    """The fields of a struct; nulls are left out, as they mean "not given"."""
    return _decode_fields(struct.fields)


def _decode_fields(fields: Mapping[str, struct_pb2.Value]) -> Object:
    return {key: decoded for key, value in fields.items() if (decoded := _decode(value)) is not None}


def _decode(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text in _UNKNOWNS else text
    if kind == "struct_value":
        fields = value.struct_value.fields
        if _SIGNATURE in fields:
            return _decode_special(fields)
        return _decode_fields(fields)
    if kind == "list_value":
        return [_decode(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return value.bool_value if kind == "bool_value" else None


def _decode_special(fields: Mapping[str, struct_pb2.Value]) -> Any:
    signature = fields[_SIGNATURE].string_value
    if signature == _SECRET:
        return Secret(_decode(fields["value"]))
    if signature == _OUTPUT:
        inner = _decode(fields["value"]) if "value" in fields else UNKNOWN
        return Secret(inner) if "secret" in fields and fields["secret"].bool_value else inner
    raise ValueError("assets, archives and resource references can't be sent to Kubernetes; use plain values")


def encode(value: Mapping[str, Any]) -> struct_pb2.Struct:
    """A struct of an object's fields."""
    struct = struct_pb2.Struct()
    _encode_fields(value, struct)
    return struct


def _encode_fields(value: Mapping[str, Any], struct: struct_pb2.Struct) -> None:
    for key, item in value.items():
        if item is not None:
            _encode(item, struct.fields[key])


def _encode(value: Any, into: struct_pb2.Value) -> None:
    if isinstance(value, str):
        into.string_value = value
    elif isinstance(value, bool):
        into.bool_value = value
    elif isinstance(value, int | float):
        into.number_value = value
    elif isinstance(value, Mapping):
        into.struct_value.SetInParent()
        _encode_fields(value, into.struct_value)
    elif isinstance(value, list | tuple):
        into.list_value.SetInParent()
        for item in value:
            _encode(item, into.list_value.values.add())
    elif isinstance(value, Secret):
        into.struct_value.fields[_SIGNATURE].string_value = _SECRET
        _encode(value.value, into.struct_value.fields["value"])
    elif value is UNKNOWN:
        into.string_value = _UNKNOWN_STRING
    elif value is None:
        into.null_value = struct_pb2.NULL_VALUE
    else:
        raise TypeError(f"{type(value).__name__} has no form in Pulumi's protocol")


def plain(value: Any) -> Any:
    """A deep copy without the secret wrappers."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def has_unknown(value: Any) -> bool:
    """Whether any part of it is only known later."""
    return value is UNKNOWN or any(map(has_unknown, _children(value)))


def redact(text: str, values: Any) -> str:
    """The text without what is secret in the values: an API server repeats what it refuses."""
    for secret in sorted(set(_secret_texts(values, inside=False)), key=len, reverse=True):
        text = text.replace(secret, "[secret]")
    return text


def _secret_texts(value: Any, inside: bool) -> Iterable[str]:
    if isinstance(value, Secret):
        yield from _secret_texts(value.value, inside=True)
    elif isinstance(value, str):
        if inside and len(value) >= _SHORTEST_SECRET:
            yield value
    else:
        for child in _children(value):
            yield from _secret_texts(child, inside)


def has_secret(value: Any) -> bool:
    """Whether any part of it is secret."""
    return isinstance(value, Secret) or any(map(has_secret, _children(value)))


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    if isinstance(value, list):
        return value
    return (value.value,) if isinstance(value, Secret) else ()
