"""Rules as values: what Prometheus evaluates, with the cases that show that each one is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["info", "warning", "critical"]
"""`critical`: somebody loses something now; `warning`: somebody will; `info`: worth knowing."""
STEP = "15s"
"""Between the samples of a case, and how often rules are evaluated unless their group says otherwise."""


@dataclass(frozen=True)
class Fires:
    """Series under which an alert fires, and as whom."""

    series: Mapping[str, str]
    """By name with labels, as promtool writes values: `0x20` is twenty zeros, one each `STEP`."""
    labels: Mapping[str, str]
    """Of the alert that fires, without its name and severity."""
    at: str = "30m"
    """When it has to."""
    value: str = ""
    """What `$value` reads as in its texts."""


@dataclass(frozen=True)
class Quiet:
    """Series that are close to those under which an alert fires, and under which it doesn't."""

    series: Mapping[str, str]
    at: str = "30m"


@dataclass(frozen=True)
class Yields:
    """Series, and what a recording rule makes of them: values by their labels."""

    series: Mapping[str, str]
    samples: Mapping[str, float]
    at: str = "30m"


@dataclass(frozen=True)
class Alert:
    """Something that a person should know of."""

    name: str
    expr: str
    severity: Severity
    summary: str
    """One line. May use `{{ $labels.x }}` and `{{ $value ... }}`."""
    description: str
    """What it means, and what to do."""
    fires: Fires
    quiet: Quiet
    wait: str = "5m"
    """How long it has to be so."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """More labels than the expression has."""


@dataclass(frozen=True)
class Record:
    """A series made out of others: what dashboards and alerts share."""

    name: str
    expr: str
    case: Yields


@dataclass(frozen=True)
class Group:
    """Rules that are evaluated one after the other."""

    name: str
    rules: tuple[Alert | Record, ...]
    interval: str = STEP


def grew(metric: str, window: str) -> str:
    """PromQL: counters that grew within a window, also those that weren't there before.

    A counter with labels appears with its first event, and `increase` sees no step from nothing to one.
    """
    return f"(increase({metric}[{window}]) > 0 or ({metric} > 0 unless {metric} offset {window}))"
