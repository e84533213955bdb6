"""Schemas of kinds of our own, as plain values: commands that only read such objects needn't load Pulumi's SDK."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def text(description: str, **more: object) -> dict[str, Any]:
    """The schema of a text."""
    return {"type": "string", "description": description, **more}


def fields(description: str, properties: dict[str, Any], *required: str) -> dict[str, Any]:
    """The schema of an object with these properties, some of them required."""
    found: dict[str, Any] = {"type": "object", "description": description, "properties": properties}
    return {**found, "required": list(required)} if required else found


def condition(kinds: Sequence[str]) -> dict[str, Any]:
    """The schema of one condition of a status, as Kubernetes' own objects have them."""
    return fields(
        "One thing, and whether it is so.",
        {
            "type": text("What.", enum=list(kinds)),
            "status": text("Whether it is so.", enum=["True", "False", "Unknown"]),
            "reason": text("Why, in one word.", pattern="^[A-Za-z]+$", maxLength=64),
            "message": text("Why, for people.", maxLength=1024),
            "observedGeneration": {"type": "integer", "format": "int64", "description": "Which spec this is about."},
            "lastTransitionTime": text("Since when.", format="date-time"),
        },
        "type",
        "status",
        "reason",
        "message",
        "lastTransitionTime",
    )
