"""Answers to the queries of dashboards, from the running Prometheus and a team's Postgres."""

from __future__ import annotations

import json
import math
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tests.support.dashboards.filling import Window, fill
from tests.support.web import Site

LABEL_VALUES = re.compile(r"label_values\((?P<series>.*),\s*(?P<label>\w+)\)", re.DOTALL)


class Database(Protocol):
    """What runs SQL, such as tests.support.sql.Role."""

    def run(self, statement: str) -> list[str]:
        """The rows of a statement."""


@dataclass(frozen=True)
class Line:
    """One series: its labels, and its points as (seconds since 1970, value)."""

    labels: dict[str, str]
    points: tuple[tuple[float, float], ...]

    def name(self, legend: str) -> str:
        """As Grafana calls it."""
        if legend in ("", "__auto"):
            told = {key: value for key, value in self.labels.items() if key != "__name__"}
            return " ".join(told.values())
        return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda found: self.labels.get(found[1], ""), legend).strip()


@dataclass(frozen=True)
class Prometheus:
    """A Prometheus, with what signs requests to it."""

    site: Site
    headers: Mapping[str, str]

    def get(self, path: str, **parameters: str | float) -> Any:
        """`data` of what it answers.

        Raises:
            AssertionError: It refused, with its own words.
        """
        answer = self.site.ask("GET", f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}", headers=self.headers)
        assert answer["status"] == "success", answer
        return answer["data"]

    def now(self, expr: str, at: float) -> list[Line]:
        """An expression at one time."""
        data = self.get("query", query=expr, time=at)
        if data["resultType"] == "scalar":
            return [Line({}, (_point(data["result"]),))]
        return [Line(found["metric"], (_point(found["value"]),)) for found in data["result"]]

    def course(self, expr: str, window: Window) -> list[Line]:
        """An expression over time."""
        data = self.get("query_range", query=expr, start=window.start, end=window.end, step=window.step)
        return [Line(found["metric"], tuple(map(_point, found["values"]))) for found in data["result"]]

    def values(self, query: str, window: Window) -> list[str]:
        """What `label_values(series, label)` gives in Grafana: of series that there were in the time that is shown."""
        found = LABEL_VALUES.fullmatch(query)
        assert found, f"not label_values(series, label): {query}"
        path = f"label/{found['label']}/values"
        return list(self.get(path, start=window.start, end=window.end, **{"match[]": found["series"]}))


def rows(database: Database, sql: str) -> list[dict[str, Any]]:
    """What a question to Postgres gives."""
    told = database.run(f"SELECT coalesce(json_agg(row_to_json(asked)), '[]') FROM ({sql}) asked;")
    found: list[dict[str, Any]] = json.loads("".join(told))
    return found


def lines_of(found: list[dict[str, Any]]) -> list[Line]:
    """The rows of a graph as lines: by `metric`, over `time`."""
    names = list(dict.fromkeys(str(row.get("metric", "")) for row in found))
    return [
        Line(
            {"metric": name},
            tuple((float(row["time"]), _number(row["value"])) for row in found if str(row.get("metric", "")) == name),
        )
        for name in names
    ]


@dataclass(frozen=True)
class Sources:
    """What a dashboard asks."""

    prometheus: Prometheus
    database: Database | None = None

    def choices(self, variable: Mapping[str, Any], values: Mapping[str, str], window: Window) -> list[str]:
        """What can be chosen for a variable, those before it having been chosen."""
        query = fill(variable["query"], values, window)
        if variable["datasource"]["type"] == "prometheus":
            found = self.prometheus.values(query, window)
        else:
            assert self.database
            found = [str(next(iter(row.values()))) for row in rows(self.database, query)]
        return kept(found, variable.get("regex", ""))

    def choose(self, board: Mapping[str, Any], wanted: Mapping[str, str], window: Window) -> dict[str, str]:
        """A value for each variable of a dashboard: the wanted one, which has to be there, or the first.

        Raises:
            AssertionError: There is nothing to choose, or what is wanted isn't among it.
        """
        chosen: dict[str, str] = {}
        for variable in board["templating"]["list"]:
            name = variable["name"]
            if variable["type"] == "textbox":
                chosen[name] = variable["query"]
            elif variable["type"] == "query":
                found = self.choices(variable, chosen, window)
                assert found, f"{board['title']}: nothing to choose for {name} by {variable['query']}"
                if variable["includeAll"] and name not in wanted:
                    chosen[name] = variable["allValue"]
                    continue
                assert wanted.get(name, found[0]) in found, f"{board['title']}: {name} can only be {found}"
                chosen[name] = wanted.get(name, found[0])
        return chosen


def kept(values: list[str], pattern: str) -> list[str]:
    """What Grafana keeps of a variable's values: what matches /pattern/, or of it what is in brackets."""
    if not pattern:
        return values
    compiled = re.compile(pattern.strip("/"))
    found = [match for value in values if (match := compiled.search(value))]
    return [match[1] if match.groups() else match[0] for match in found]


def wrong(values: list[float]) -> str:
    """What is wrong with the values of an answer; nothing if it is right."""
    if not values:
        return "empty"
    odd = [value for value in values if not math.isfinite(value)]
    return f"not finite: {odd[0]}" if odd else ""


def _point(found: list[Any]) -> tuple[float, float]:
    return float(found[0]), float(found[1])


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
