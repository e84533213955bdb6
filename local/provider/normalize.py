"""Inputs brought to the form that the API server gives them, so that equal things compare equal."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from local.provider import objects, quantity
from local.provider.values import same
from local.provider.wire import Object, has_unknown

_READ_ONLY = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
)
# Objects whose values are the user's own, not fields of an API.
_DATA = {"ConfigMap", "Secret", "CustomResourceDefinition"}
_QUANTITIES = {"requests", "limits", "hard", "capacity", "overhead", "max", "min", "default", "defaultRequest"}
_QUANTITY = {"sizeLimit", "divisor", "averageValue"}
# Maps that Kubernetes leaves out when empty; lists all are.
_OMITTED_IF_EMPTY = {"annotations", "labels", "matchLabels", "nodeSelector"}
# Booleans that Kubernetes leaves out when false (those that aren't optional in its Go types).
_OMITTED_IF_FALSE = {
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "paused",
    "publishNotReadyAddresses",
    "readOnly",
    "stdin",
    "stdinOnce",
    "tty",
}


def inputs(obj: Object) -> Object:
    """Normalise in place: no read-only metadata, canonical quantities, a Secret's stringData as data."""
    metadata = objects.metadata(obj)
    for key in _READ_ONLY:
        metadata.pop(key, None)
    if objects.is_secret(obj) and not has_unknown(obj):
        _secret(obj)
    if objects.is_crd(obj):
        obj.pop("status", None)
        spec = obj.get("spec")
        if isinstance(spec, dict) and spec.get("preserveUnknownFields") is False:
            del spec["preserveUnknownFields"]
    if objects.built_in(objects.text(obj.get("apiVersion"))) and obj.get("kind") not in _DATA:
        for key in [key for key in obj if key not in ("metadata", "apiVersion", "kind")]:
            obj[key] = _typed(key, obj[key])
    return obj


def _typed(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        if key in _QUANTITIES and all(isinstance(item, str | int | float) for item in value.values()):
            return {name: _quantity(item) for name, item in value.items()}
        return {name: _typed(name, item) for name, item in value.items() if not _omitted(name, item)}
    if isinstance(value, list):
        return [_typed("", item) for item in value]
    return _quantity(value) if key in _QUANTITY else value


def _omitted(name: str, value: Any) -> bool:
    if value is False:
        return name in _OMITTED_IF_FALSE
    return value == [] or (value == {} and name in _OMITTED_IF_EMPTY)


def _quantity(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    return quantity.canonical(str(value))


def _secret(obj: Object) -> None:
    data = obj.get("data")
    if isinstance(data, dict):
        obj["data"] = {key: _canonical(value) for key, value in data.items()}
    given = obj.pop("stringData", None)
    if isinstance(given, dict) and given:
        encoded = {key: base64.b64encode(str(value).encode()).decode() for key, value in given.items()}
        obj["data"] = {**(obj.get("data") or {}), **encoded}


def _canonical(value: Any) -> Any:
    """Base64 without line breaks, as the API server stores it; what isn't base64 is left for the server to refuse."""
    try:
        return base64.b64encode(base64.b64decode("".join(value.split()), validate=True)).decode()
    except (binascii.Error, AttributeError, ValueError):
        return value


_MISSING = object()


def refreshed(inputs: Any, before: Any, now: Any) -> Any:
    """Inputs after a refresh: the live object's wherever it has changed, else as they were.

    Args:
        inputs: The inputs in the state.
        before: The live object in the state.
        now: The live object.
    """
    if same(before, now):
        return inputs
    if isinstance(inputs, dict) and isinstance(now, dict):
        known = before if isinstance(before, dict) else {}
        result = {}
        for key, value in inputs.items():
            if key in now:
                result[key] = refreshed(value, known.get(key, _MISSING), now[key])
            elif key not in known and known:
                result[key] = value  # never stored: the API server leaves such a value out
        return result
    if isinstance(inputs, list) and isinstance(now, list):
        known_items = before if isinstance(before, list) and len(before) == len(now) else []
        if len(inputs) == len(now):
            pairs = zip(inputs, now, strict=True)
            return [refreshed(i, known_items[n] if known_items else _MISSING, v) for n, (i, v) in enumerate(pairs)]
        return now
    return now
