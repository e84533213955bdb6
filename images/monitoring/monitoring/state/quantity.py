"""Amounts as Kubernetes writes them."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

_SUFFIX = {"n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1)}
_SUFFIX |= {unit: Decimal(1000) ** power for power, unit in enumerate("kMGTPE", 1)}
_SUFFIX |= {f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", 1)}
_QUANTITY = re.compile(r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([numkKMGTPE]?i?)")
_BYTES = ("memory", "storage", "ephemeral-storage")


def quantity(text: str) -> float:
    """`100m` is 0.1, `2Gi` is 2147483648. Nonsense is a ValueError."""
    found = _QUANTITY.fullmatch(text)
    if not found or found[2] not in _SUFFIX:
        raise ValueError(f"{text!r} is no amount")
    return float(Decimal(found[1]) * _SUFFIX[found[2]])


def seconds(stamp: str) -> float:
    """A time of the API as seconds since 1970."""
    return datetime.fromisoformat(stamp).timestamp()


def resource(name: str) -> dict[str, str]:
    """The labels `resource` and `unit` of a resource: nvidia.com/gpu is nvidia_com_gpu, integer."""
    unit = "core" if name == "cpu" else "byte" if name in _BYTES or name.startswith("hugepages-") else "integer"
    return {"resource": re.sub(r"[^a-zA-Z0-9_]", "_", name), "unit": unit}
