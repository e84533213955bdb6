"""Panels without a course: one large number, or a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.support.dashboards import svg, units

Inside = tuple[float, float, float, float]
ROW = 18


def large(panel: Mapping[str, Any], cells: list[dict[str, Any]], inside: Inside) -> list[str]:
    """The number, in the colour of its step."""
    x, y, width, height = inside
    value = list(cells[0].values())[-1]
    number = float("nan") if value is None else float(value)
    defaults = panel["fieldConfig"]["defaults"]
    said = units.text(number, defaults["unit"])
    return [svg.words(x + width / 2, y + height * 0.68, said, 28, color=_color(defaults, number), anchor="middle")]


def _color(defaults: Mapping[str, Any], value: float) -> str:
    steps = defaults.get("thresholds", {}).get("steps", [])
    reached = [step["color"] for step in steps if step["value"] is None or value >= step["value"]]
    return svg.NAMED.get(reached[-1] if reached else "", svg.INK)


def sheet(panel: Mapping[str, Any], cells: list[dict[str, Any]], inside: Inside) -> list[str]:
    """As many rows as there is room for."""
    x, y, width, height = inside
    unit = panel["fieldConfig"]["defaults"]["unit"]
    columns = list(dict.fromkeys(key for row in cells for key in row if key != "__name__"))
    wide = width / len(columns)
    room = int(height // ROW) - 1
    parts = [
        svg.words(x + wide * index, y + ROW - 5, svg.fitted(name, wide - 6), bold=True)
        for index, name in enumerate(columns)
    ]
    for line, row in enumerate(cells[:room], 1):
        base = y + ROW * (line + 1) - 5
        parts.append(svg.rule(x, base - ROW + 4, x + width, base - ROW + 4))
        parts += [
            svg.words(x + wide * index, base, svg.fitted(_cell(row.get(name, ""), unit), wide - 6))
            for index, name in enumerate(columns)
        ]
    return parts


def _cell(value: Any, unit: str) -> str:
    if isinstance(value, float):
        return units.text(value, unit)
    return "" if value is None else str(value)
