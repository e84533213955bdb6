"""Numbers as people read them, by Grafana's names of units."""

from __future__ import annotations

import math
from collections.abc import Callable

BINARY = ("B", "KiB", "MiB", "GiB", "TiB")
DECIMAL = ("", " K", " Mil", " Bil")


def text(value: float, unit: str) -> str:
    """Three figures and the unit."""
    if not math.isfinite(value):
        return "no value"
    return UNITS.get(unit, _short)(value)


def _scaled(value: float, base: int, names: tuple[str, ...]) -> str:
    step = 0
    while abs(value) >= base and step < len(names) - 1:
        value, step = value / base, step + 1
    return f"{_figures(value)}{names[step]}"


def _figures(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _short(value: float) -> str:
    return _scaled(value, 1000, DECIMAL)


def _bytes(value: float) -> str:
    return _scaled(value, 1024, tuple(f" {name}" for name in BINARY))


def _seconds(value: float) -> str:
    if value and abs(value) < 0.001:
        return f"{_figures(value * 1e6)} µs"
    if value and abs(value) < 1:
        return f"{_figures(value * 1e3)} ms"
    return f"{_figures(value)} s" if abs(value) < 120 else f"{_figures(value / 60)} min"


UNITS: dict[str, Callable[[float], str]] = {
    "bytes": _bytes,
    "Bps": lambda value: f"{_bytes(value)}/s",
    "s": _seconds,
    "percentunit": lambda value: f"{_figures(value * 100)} %",
    "percent": lambda value: f"{_figures(value)} %",
    "reqps": lambda value: f"{_short(value)} req/s",
    "ops": lambda value: f"{_short(value)} /s",
    "currencyUSD": lambda value: f"${_figures(value)}",
}
