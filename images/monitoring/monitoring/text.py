"""Metrics in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass
class Family:
    """One metric with all its series."""

    name: str
    help: str
    kind: str = "gauge"
    samples: list[tuple[Mapping[str, str], float]] = field(default_factory=list)

    def add(self, value: float, **labels: str) -> None:
        """One more series."""
        self.samples.append((labels, value))


class Families:
    """Metrics by name: made when they are first spoken of."""

    def __init__(self) -> None:
        self._found: dict[str, Family] = {}

    def __call__(self, name: str, help_text: str, kind: str = "gauge") -> Family:
        """The metric of that name."""
        return self._found.setdefault(name, Family(name, help_text, kind))

    def __iter__(self) -> Iterator[Family]:
        """All of them."""
        return iter(self._found.values())


def escaped(value: str) -> str:
    """A label's value."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def number(value: float) -> str:
    """A value: whole ones without a point."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def rendered(families: Iterable[Family]) -> str:
    """The whole answer. Metrics without series are left out."""
    lines: list[str] = []
    for family in families:
        if not family.samples:
            continue
        lines += [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {family.kind}"]
        for labels, value in family.samples:
            inner = ",".join(f'{key}="{escaped(text)}"' for key, text in labels.items())
            lines.append(f"{family.name}{{{inner}}} {number(value)}" if inner else f"{family.name} {number(value)}")
    return "\n".join(lines) + "\n"
