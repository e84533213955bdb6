"""The little of SVG that a dashboard needs."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

INK, FAINT, RULE, PAPER, CARD = "#24292e", "#6e7781", "#e5e8eb", "#f4f5f5", "#ffffff"
LINES = ("#3274d9", "#e0752d", "#56a64b", "#a352cc", "#e02f44", "#0a9396", "#b8860b", "#d36ba6", "#6b7280", "#7cb518")
NAMED = {"green": "#2e8b3d", "orange": "#d9730d", "red": "#c4162a"}
WIDE = 0.6
"""A letter's width by its height, on average."""


def number(value: float) -> str:
    """A coordinate."""
    return f"{value:.1f}".removesuffix(".0")


def box(x: float, y: float, width: float, height: float, fill: str, *, line: str = "none", round_: int = 0) -> str:
    """A rectangle."""
    places = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    return f'<rect {places} fill="{fill}" stroke="{line}" rx="{round_}"/>'


def words(
    x: float, y: float, said: str, size: int = 11, *, color: str = INK, anchor: str = "start", bold: bool = False
) -> str:
    """One line of text, with its base at y."""
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{number(x)}" y="{number(y)}" font-size="{size}" fill="{color}" text-anchor="{anchor}"{weight}>'
        f"{html.escape(said)}</text>"
    )


def path(points: Sequence[tuple[float, float]], color: str) -> str:
    """A line through points; one point alone is a dot."""
    if len(points) == 1:
        ((x, y),) = points
        return f'<circle cx="{number(x)}" cy="{number(y)}" r="2" fill="{color}"/>'
    through = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return f'<polyline points="{through}" fill="none" stroke="{color}" stroke-width="1.4" stroke-linejoin="round"/>'


def area(points: Sequence[tuple[float, float]], color: str) -> str:
    """A filled outline."""
    around = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return f'<polygon points="{around}" fill="{color}" fill-opacity="0.35" stroke="none"/>'


def rule(x1: float, y1: float, x2: float, y2: float) -> str:
    """A thin line."""
    return f'<line x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}" stroke="{RULE}"/>'


def fitted(said: str, width: float, size: int = 11) -> str:
    """As much of a text as fits."""
    most = max(1, int(width / (size * WIDE)))
    return said if len(said) <= most else said[: most - 1] + "…"


def picture(width: float, height: float, title: str, parts: Iterable[str]) -> str:
    """All of it."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width)} {number(height)}" '
        f'width="{number(width)}" height="{number(height)}" role="img" font-family="system-ui, sans-serif">'
    )
    return "\n".join(
        (head, f"<title>{html.escape(title)}</title>", box(0, 0, width, height, PAPER), *parts, "</svg>\n")
    )
