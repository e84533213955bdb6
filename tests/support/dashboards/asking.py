"""Every query of a dashboard, asked as Grafana asks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.dashboards.answers import Line, Sources, lines_of, rows, wrong
from tests.support.dashboards.filling import Window, fill
from tests.support.refused import Refused

HEADINGS = "row"


@dataclass(frozen=True)
class Asked:
    """One query of one panel."""

    board: str
    panel: Mapping[str, Any]
    target: Mapping[str, Any]
    query: str
    """With everything filled in."""

    @property
    def of_rows(self) -> bool:
        """Whether it is for Postgres."""
        return "rawSql" in self.target

    def __str__(self) -> str:
        return f"{self.board} / {self.panel['title']} / {self.target['refId']}: {self.query}"


def queries(board: Mapping[str, Any], values: Mapping[str, str], window: Window) -> Iterator[Asked]:
    """Those of all panels, in the order of the page."""
    for panel in panels(board):
        for target in panel["targets"]:
            text = target["rawSql"] if "rawSql" in target else target["expr"]
            yield Asked(board["title"], panel, target, fill(text, values, window))


def panels(board: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Without the headings."""
    return [panel for panel in board["panels"] if panel["type"] != HEADINGS]


def fault(asked: Asked, sources: Sources, at: float) -> str:
    """What is wrong with what a query says now; nothing if it is right."""
    try:
        return wrong(_values(asked, sources, at))
    except (AssertionError, Refused) as error:
        return f"refused: {error}"


def lines(asked: Asked, sources: Sources, window: Window) -> list[Line]:
    """What a graph shows."""
    if asked.of_rows:
        return lines_of(_rows(asked, sources))
    return sources.prometheus.course(asked.query, window)


def cells(asked: Asked, sources: Sources, at: float) -> list[dict[str, Any]]:
    """What a table or a number shows: a row each."""
    if asked.of_rows:
        return _rows(asked, sources)
    found = sources.prometheus.now(asked.query, at)
    return [{**line.labels, "Value": line.points[-1][1]} for line in found]


def _rows(asked: Asked, sources: Sources) -> list[dict[str, Any]]:
    assert sources.database, f"{asked} needs a database"
    return rows(sources.database, asked.query)


def _values(asked: Asked, sources: Sources, at: float) -> list[float]:
    if not asked.of_rows:
        return [value for line in sources.prometheus.now(asked.query, at) for _, value in line.points]
    if asked.target["format"] == "time_series":
        return [value for line in lines_of(_rows(asked, sources)) for _, value in line.points]
    found = [value for row in _rows(asked, sources) for value in row.values()]
    return [float("nan") if value is None else float(value) for value in found if not isinstance(value, str)]
