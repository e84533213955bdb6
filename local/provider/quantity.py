"""Kubernetes quantities in the canonical form that the API server stores: `1024Mi` is `1Gi`, `1000m` is `1`."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_FORM = re.compile(r"^([+-]?[0-9.]+)([KMGTPE]i|[numkMGTPE]?)$")


def canonical(text: str) -> str:
    """The canonical form; what isn't a quantity (or has an exponent) is returned as it is."""
    match = _FORM.match(text)
    if match is None:
        return text
    try:
        number = Decimal(match[1])
    except InvalidOperation:
        return text
    suffix = match[2]
    if suffix in _BINARY:
        value = number * 1024 ** _BINARY[suffix]
        if value == value.to_integral_value():
            return _binary(int(value))
    else:
        value = number.scaleb(_DECIMAL[suffix])
    return _decimal(value)


def _binary(value: int) -> str:
    if value == 0:
        return "0"
    for suffix, power in reversed(_BINARY.items()):
        if value % 1024**power == 0:
            return f"{value // 1024**power}{suffix}"
    return str(value)


def _decimal(value: Decimal) -> str:
    if value == 0:
        return "0"
    for suffix, exponent in reversed(_DECIMAL.items()):
        scaled = value.scaleb(-exponent)
        if scaled == scaled.to_integral_value():
            return f"{int(scaled)}{suffix}"
    return str(value)
