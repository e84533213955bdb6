"""What a dashboard is made of, as plain values. `render` makes Grafana's JSON of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

COLUMNS = 24
"""Width of Grafana's grid."""


@dataclass(frozen=True)
class Metric:
    """A query to Prometheus; `legend` names each line, with {{label}} for the value of a label."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Rows:
    """A query to a team's Postgres. For a graph its columns are `time`, `value` and, for several lines, `metric`."""

    sql: str


@dataclass(frozen=True)
class Step:
    """From this value on, this colour; None is where colours begin."""

    value: float | None
    color: str


@dataclass(frozen=True)
class Panel:
    """One picture: its queries are all to the same kind of datasource."""

    kind: Literal["graph", "stat", "table"]
    title: str
    unit: str
    """As Grafana names units: `s`, `bytes`, `percentunit`, `reqps`, `short`."""
    description: str
    """What it shows and what to make of it, for whoever sees it at night for the first time."""
    queries: tuple[Metric, ...] | tuple[Rows, ...]
    width: int
    height: int
    stacked: bool = False
    most: float | None = None
    """Upper end of the axis, where there is one."""
    signed: bool = False
    """Whether there are values below zero, so that the axis doesn't begin there."""
    steps: tuple[Step, ...] = ()

    @property
    def of_rows(self) -> bool:
        """Whether it asks Postgres."""
        return isinstance(self.queries[0], Rows)


@dataclass(frozen=True)
class Section:
    """Panels under one heading."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Choice:
    """A variable whose values a query gives: `label_values(...)` of Prometheus, or a column of Postgres."""

    name: str
    label: str
    query: str
    regex: str = ""
    """Keeps what matches, or of it what is in brackets."""
    all: bool = False
    """Whether all of them can be chosen, which is then what is chosen first."""
    of_rows: bool = False


@dataclass(frozen=True)
class Number:
    """A variable that whoever looks types in."""

    name: str
    label: str
    value: str


@dataclass(frozen=True)
class Dashboard:
    """All of it; `name` is part of its address, so that links hold."""

    name: str
    title: str
    description: str
    sections: tuple[Section, ...]
    variables: tuple[Choice | Number, ...] = ()
    window: str = "1h"
    """What is shown when it is opened."""

    @property
    def uid(self) -> str:
        """Its address: the same in every Grafana."""
        return f"mlplatform-{self.name}"

    @property
    def panels(self) -> tuple[Panel, ...]:
        """Of all sections."""
        return tuple(panel for section in self.sections for panel in section.panels)


def graph(
    title: str,
    unit: str,
    description: str,
    *queries: Metric | Rows,
    width: int = 8,
    stacked: bool = False,
    most: float | None = None,
    signed: bool = False,
) -> Panel:
    """Lines over time."""
    return Panel("graph", title, unit, description, _same(queries), width, 7, stacked, most, signed)


def stat(
    title: str, unit: str, description: str, query: Metric | Rows, *steps: tuple[float, str], width: int = 4
) -> Panel:
    """One number, as it is now; `steps` are the values from which it has another colour than green."""
    colors = (Step(None, "green"), *(Step(value, color) for value, color in steps))
    return Panel("stat", title, unit, description, _same((query,)), width, 4, steps=colors)


def table(title: str, unit: str, description: str, *queries: Metric | Rows, width: int = 12) -> Panel:
    """What is now, one line each."""
    return Panel("table", title, unit, description, _same(queries), width, 7)


def _same(queries: tuple[Metric | Rows, ...]) -> tuple[Metric, ...] | tuple[Rows, ...]:
    metrics = tuple(query for query in queries if isinstance(query, Metric))
    rows = tuple(query for query in queries if isinstance(query, Rows))
    if not queries or (metrics and rows):
        raise ValueError("give a panel queries to one kind of datasource")
    return metrics or rows
