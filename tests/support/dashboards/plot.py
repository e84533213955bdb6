"""A graph: lines or stacked areas over time, with axes and a legend."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.dashboards import svg, units
from tests.support.dashboards.answers import Line
from tests.support.dashboards.filling import Window

LEFT, BELOW, LEGEND = 62, 18, 16
TICKS = 4
MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 360, 720, 1440, 10080)
Inside = tuple[float, float, float, float]


@dataclass(frozen=True)
class Frame:
    """Where the values of a graph are on the page."""

    x: float
    y: float
    width: float
    height: float
    window: Window
    low: float
    high: float

    def at(self, moment: float, value: float) -> tuple[float, float]:
        """The place of a point."""
        along = (moment - self.window.start) / (self.window.end - self.window.start)
        up = (value - self.low) / (self.high - self.low)
        return self.x + self.width * along, self.y + self.height * (1 - up)


def plot(panel: Mapping[str, Any], lines: list[tuple[str, Line]], window: Window, inside: Inside) -> list[str]:
    """All of the graph."""
    defaults = panel["fieldConfig"]["defaults"]
    stacked = defaults.get("custom", {}).get("stacking", {}).get("mode") == "normal"
    drawn = [(name, [(at, value) for at, value in line.points if math.isfinite(value)]) for name, line in lines]
    tops = _stacked([points for _, points in drawn]) if stacked else [points for _, points in drawn]
    low, high = bounds(
        [value for points in tops for _, value in points],
        defaults.get("min"),
        defaults.get("max"),
        binary=binary(defaults["unit"]),
    )
    x, y, width, height = inside
    rows = min(2, len(drawn)) if len(drawn) > 3 else 1
    frame = Frame(x + LEFT, y + 4, width - LEFT - 6, height - BELOW - LEGEND * rows - 4, window, low, high)
    parts = [*_axes(frame, defaults["unit"])]
    for index, (points, (_, own)) in enumerate(zip(tops, drawn, strict=True)):
        color = svg.LINES[index % len(svg.LINES)]
        placed = [frame.at(at, value) for at, value in points]
        if stacked and len(placed) > 1:
            under = [frame.at(at, value - dict(own)[at]) for at, value in points]
            parts.append(svg.area([*placed, *reversed(under)], color))
        if placed:
            parts.append(svg.path(placed, color))
    return [*parts, *_legend([name for name, _ in drawn], x, y + height - LEGEND * (rows - 1), width, rows)]


def _stacked(lines: list[list[tuple[float, float]]]) -> list[list[tuple[float, float]]]:
    total: dict[float, float] = {}
    found = []
    for points in lines:
        for at, value in points:
            total[at] = total.get(at, 0) + value
        found.append([(at, total[at]) for at, _ in points])
    return found


def bounds(
    values: list[float], least: float | None, most: float | None, *, binary: bool = False
) -> tuple[float, float]:
    """The ends of the axis: what is asked for, else round numbers around the values."""
    low = least if least is not None else min(values, default=0.0)
    high = most if most is not None else max(values, default=1.0)
    if high <= low:
        high = low + 1
    step = nice((high - low) / TICKS, binary=binary)
    return (
        low if least is not None else math.floor(low / step) * step,
        high if most is not None else math.ceil(high / step) * step,
    )


def nice(step: float, *, binary: bool = False) -> float:
    """The next round number: 1, 2, 2.5 or 5 times a power of ten, of bytes times one of 1,024."""
    unit = 1024.0 ** max(0, math.floor(math.log(step, 1024))) if binary and step > 0 else 1.0
    power: float = 10.0 ** math.floor(math.log10(step / unit))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= step / unit * 0.999) * unit


def moments(window: Window) -> list[int]:
    """Round times of the day, six at most."""
    step = next(minutes * 60 for minutes in MINUTES if (window.end - window.start) / (minutes * 60) <= 6)
    first = -(-window.start // step) * step
    return list(range(first, window.end + 1, step))


def binary(unit: str) -> bool:
    """Whether its thousands are 1,024."""
    return unit in ("bytes", "Bps")


def _axes(frame: Frame, unit: str) -> list[str]:
    parts = []
    step = nice((frame.high - frame.low) / TICKS, binary=binary(unit))
    count = round((frame.high - frame.low) / step)
    for index in range(count + 1):
        value = frame.low + step * index
        _, y = frame.at(frame.window.start, value)
        parts.append(svg.rule(frame.x, y, frame.x + frame.width, y))
        parts.append(svg.words(frame.x - 6, y + 4, units.text(value, unit), 10, color=svg.FAINT, anchor="end"))
    for moment in moments(frame.window):
        x, y = frame.at(moment, frame.low)
        said = time.strftime("%H:%M", time.gmtime(moment))
        parts.append(svg.words(x, y + 13, said, 10, color=svg.FAINT, anchor="middle"))
    return parts


def _legend(names: list[str], x: float, y: float, width: float, rows: int) -> list[str]:
    """As many names as there is room for, and how many more there are."""
    a_row = -(-min(len(names), 8) // rows)
    wide = width / max(a_row, 1)
    parts = []
    for index, name in enumerate(names[: a_row * rows]):
        left, base = x + wide * (index % a_row), y + LEGEND * (index // a_row)
        more = len(names) - a_row * rows
        said = f"{name} and {more} more" if more > 0 and index == a_row * rows - 1 else name
        parts.append(svg.box(left, base - 8, 10, 3, svg.LINES[index % len(svg.LINES)]))
        parts.append(svg.words(left + 14, base - 3, svg.fitted(said or "none", wide - 18, 10), 10, color=svg.FAINT))
    return parts
