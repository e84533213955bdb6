"""Comparing JSON values."""

from __future__ import annotations

from typing import Any


def prune(live: Any, shape: Any) -> Any:
    """The live value without what the shape doesn't have; lists are matched item by item."""
    if isinstance(live, dict) and isinstance(shape, dict):
        return {key: prune(value, shape[key]) for key, value in live.items() if key in shape}
    if isinstance(live, list) and isinstance(shape, list):
        return [prune(value, wanted) for value, wanted in zip(live, shape, strict=False)]
    return live


def same(left: Any, right: Any) -> bool:
    """Equality that keeps booleans and numbers apart, as JSON does."""
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)
