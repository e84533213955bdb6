"""Values on the wire: what goes out comes back, and secrets don't show."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from local.provider import wire
from local.provider.wire import UNKNOWN, Secret

plain_values = st.recursive(
    st.booleans() | st.integers(-(2**50), 2**50) | st.text(max_size=20) | st.sampled_from([1.5, 0.25]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=8), plain_values | plain_values.map(Secret), max_size=5))
def test_round_trip(value: dict[str, Any]) -> None:
    back = wire.decode(wire.encode(value))
    assert back == value
    assert {key: type(item) for key, item in back.items()} == {key: type(item) for key, item in value.items()}


def test_secrets_keep_their_value_and_hide_it() -> None:
    back = wire.decode(wire.encode({"data": Secret({"password": "hunter2"})}))
    assert isinstance(back["data"], Secret)
    assert "hunter2" not in repr(back)
    assert wire.plain(back) == {"data": {"password": "hunter2"}}


@pytest.mark.parametrize(
    "token",
    [
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    ],
)
def test_every_placeholder_is_unknown(token: str) -> None:
    struct = struct_pb2.Struct()
    struct.update({"spec": {"items": [{"name": token}]}})
    decoded = wire.decode(struct)
    assert decoded["spec"]["items"][0]["name"] is UNKNOWN
    assert wire.has_unknown(decoded)
    assert not wire.has_unknown({"spec": {"items": [{"name": "known"}]}})


def test_output_values_are_unwrapped() -> None:
    struct = struct_pb2.Struct()
    output = {"4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4"}
    struct.update(
        {"later": output, "secret": {**output, "value": "x", "secret": True}, "known": {**output, "value": 3}}
    )
    decoded = wire.decode(struct)
    assert decoded["later"] is UNKNOWN
    assert decoded["secret"] == Secret("x")
    assert decoded["known"] == 3


def test_nulls_in_objects_are_left_out_and_numbers_are_whole_when_they_can_be() -> None:
    struct = struct_pb2.Struct()
    struct.update({"gone": None, "port": 80, "ratio": 0.5, "list": [None, 1]})
    assert wire.decode(struct) == {"port": 80, "ratio": 0.5, "list": [None, 1]}
    assert isinstance(wire.decode(struct)["port"], int)


def test_assets_are_refused() -> None:
    struct = struct_pb2.Struct()
    struct.update({"file": {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "text": "x"}})
    with pytest.raises(ValueError, match="assets"):
        wire.decode(struct)


def test_redaction() -> None:
    values = {"a": Secret({"b": ["hunter2-long", "hunter2"]}), "c": "hunter2-open", "d": Secret("80")}
    assert wire.redact("hunter2-long, hunter2, port 80", values) == "[secret], [secret], port 80"
