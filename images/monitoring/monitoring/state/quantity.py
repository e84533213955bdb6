"""Amounts as Kubernetes writes them."""

from __future__ import annotations

import re
from datetime import datetime

_SUFFIX = {
    "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60,
}  # fmt: skip
_QUANTITY = re.compile(r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([numkKMGTPE]?i?)")
_BYTES = ("memory", "storage", "ephemeral-storage")


def quantity(text: str) -> float:
    """`100m` is 0.1, `2Gi` is 2147483648. Nonsense is a ValueError."""
    found = _QUANTITY.fullmatch(text)
    if not found or found[2] not in _SUFFIX:
        raise ValueError(f"{text!r} is no amount")
    return float(found[1]) * _SUFFIX[found[2]]


def seconds(stamp: str) -> float:
    """A time of the API as seconds since 1970."""
    return datetime.fromisoformat(stamp).timestamp()


def resource(name: str) -> dict[str, str]:
    """The labels `resource` and `unit` of a resource: nvidia.com/gpu is nvidia_com_gpu, integer."""
    unit = "core" if name == "cpu" else "byte" if name in _BYTES or name.startswith("hugepages-") else "integer"
    return {"resource": re.sub(r"[^a-zA-Z0-9_]", "_", name), "unit": unit}
