"""What Grafana fills into a query before it asks it: variables, and macros of time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

VARIABLE = re.compile(r"\$\{(?P<braced>\w+)(?::(?P<format>\w+))?\}|\$(?P<plain>\w+)")
FILTER = re.compile(r"\$__timeFilter\((?P<column>[^)]*)\)")
GROUP = re.compile(r"\$__timeGroupAlias\((?P<column>[^,]+),\s*(?P<interval>[^)]+)\)")


@dataclass(frozen=True)
class Window:
    """What is shown: from, until (both in seconds since 1970), and how far points are apart."""

    start: int
    end: int
    step: int
    scrape: int = 15
    """Seconds between two scrapes."""

    @property
    def builtins(self) -> dict[str, str]:
        """Grafana's own variables."""
        seconds = self.end - self.start
        return {
            "__range": f"{seconds}s",
            "__range_s": str(seconds),
            "__interval": f"{self.step}s",
            "__rate_interval": f"{max(self.step + self.scrape, 4 * self.scrape)}s",
        }


def fill(text: str, values: Mapping[str, str], window: Window) -> str:
    """The query as it is asked.

    Raises:
        KeyError: It has a variable that isn't known.
    """
    known = {**values, **window.builtins}

    def variable(found: re.Match[str]) -> str:
        value = known[found["braced"] or found["plain"]]
        return quoted(value) if found["format"] == "sqlstring" else value

    text = FILTER.sub(lambda found: _between(found["column"], window), text)
    text = GROUP.sub(lambda found: _grouped(found["column"], found["interval"], window), text)
    return VARIABLE.sub(variable, text)


def names(text: str) -> set[str]:
    """The variables in a query that aren't Grafana's own."""
    plain = GROUP.sub("", FILTER.sub("", text))
    found = {match["braced"] or match["plain"] for match in VARIABLE.finditer(plain)}
    return {name for name in found if not name.startswith("__")}


def quoted(value: str) -> str:
    """A text in SQL."""
    return "'" + value.replace("'", "''") + "'"


def _between(column: str, window: Window) -> str:
    return f"{column} BETWEEN to_timestamp({window.start}) AND to_timestamp({window.end})"


def _grouped(column: str, interval: str, window: Window) -> str:
    seconds = window.step if interval.strip() == "$__interval" else int(interval.strip().strip("'").removesuffix("s"))
    return f'floor(extract(epoch from {column})/{seconds})*{seconds} AS "time"'
