"""A dashboard as a picture, from the answers to its own queries: our drawing, not Grafana's."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.dashboards import svg
from tests.support.dashboards.answers import Line
from tests.support.dashboards.asking import HEADINGS
from tests.support.dashboards.filling import Window
from tests.support.dashboards.numbers import large, sheet
from tests.support.dashboards.plot import plot

CELL, UNIT, EDGE, GAP, HEAD = 50, 30, 12, 8, 58


@dataclass(frozen=True)
class Shown:
    """What one panel shows: lines of a graph with their names, or rows of a table or number."""

    lines: list[tuple[str, Line]] = field(default_factory=list)
    cells: list[dict[str, Any]] = field(default_factory=list)


def draw(board: Mapping[str, Any], shown: Mapping[int, Shown], values: Mapping[str, str], window: Window) -> str:
    """The picture of a dashboard.

    Args:
        shown: What each panel shows, by its id.
        values: What is chosen.
        window: What is shown.
    """
    panels = board["panels"]
    height = HEAD + EDGE + UNIT * max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    parts = [*_head(board, values, window)]
    for panel in panels:
        if panel["type"] == HEADINGS:
            x, y, _, _ = _place(panel)
            parts.append(svg.words(x + 2, y + UNIT * 0.7, panel["title"], 13, bold=True))
        else:
            parts += _card(panel, shown.get(panel["id"], Shown()), window)
    return svg.picture(2 * EDGE + CELL * 24, height, board["title"], parts)


def _head(board: Mapping[str, Any], values: Mapping[str, str], window: Window) -> list[str]:
    def when(moment: int, form: str) -> str:
        return time.strftime(form, time.gmtime(moment))

    span = f"{when(window.start, '%Y-%m-%d %H:%M')} to {when(window.end, '%H:%M')} UTC"
    chosen = ", ".join(f"{name}: {value if value != '.*' else 'all'}" for name, value in values.items())
    right = 2 * EDGE + CELL * 24 - EDGE
    return [
        svg.words(EDGE, 24, board["title"], 18, bold=True),
        svg.words(EDGE, 44, chosen or board["description"], 11, color=svg.FAINT),
        svg.words(right, 24, span, 11, anchor="end"),
        svg.words(right, 44, "drawn from the live queries, not by Grafana", 11, color=svg.FAINT, anchor="end"),
    ]


def _place(panel: Mapping[str, Any]) -> tuple[float, float, float, float]:
    grid = panel["gridPos"]
    return EDGE + grid["x"] * CELL, HEAD + grid["y"] * UNIT, grid["w"] * CELL - GAP, grid["h"] * UNIT - GAP


def _card(panel: Mapping[str, Any], shown: Shown, window: Window) -> list[str]:
    x, y, width, height = _place(panel)
    title = svg.fitted(panel["title"], width - 16, 12)
    parts = [
        svg.box(x, y, width, height, svg.CARD, line=svg.RULE, round_=3),
        svg.words(x + 8, y + 18, title, 12, bold=True),
    ]
    inside = (x + 8, y + 26, width - 16, height - 32)
    if not shown.lines and not shown.cells:
        return [*parts, svg.words(x + width / 2, y + height / 2 + 6, "No data", 13, color=svg.FAINT, anchor="middle")]
    if panel["type"] == "timeseries":
        return [*parts, *plot(panel, shown.lines, window, inside)]
    return [*parts, *(large if panel["type"] == "stat" else sheet)(panel, shown.cells, inside)]
