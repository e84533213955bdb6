"""Draws each dashboard from what its queries say on the running platform: `python -m tests.support.draw_dashboards`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from components.platform.dashboards import ALL
from components.platform.dashboards.render import render
from local import paths
from tests.support.dashboards import live
from tests.support.dashboards.answers import Sources
from tests.support.dashboards.asking import cells, lines, queries
from tests.support.dashboards.drawing import Shown, draw
from tests.support.dashboards.filling import Window

FOLDER = paths.checkout() / "docs" / "dashboards"
POINTS = 120


def ask(board: dict[str, Any], sources: Sources, values: dict[str, str], window: Window) -> dict[int, Shown]:
    """What each panel shows."""
    shown: dict[int, Shown] = {}
    for asked in queries(board, values, window):
        here = shown.setdefault(asked.panel["id"], Shown())
        if asked.panel["type"] == "timeseries":
            legend = asked.target.get("legendFormat", "__auto")
            here.lines.extend((line.name(legend), line) for line in lines(asked, sources, window))
        else:
            here.cells.extend(cells(asked, sources, window.end))
    return shown


def draw_all(sources: Sources, wanted: dict[str, str], folder: Path, minutes: int) -> list[Path]:
    """A file each."""
    end = int(time.time())
    window = Window(end - minutes * 60, end, max(15, minutes * 60 // POINTS))
    drawn = []
    for board in ALL:
        rendered = render(board)
        values = sources.choose(rendered, wanted, window)
        file = folder / f"{board.name}.svg"
        file.write_text(draw(rendered, ask(rendered, sources, values, window), values, window))
        drawn.append(file)
    return drawn


def main(arguments: list[str]) -> None:
    """`[team] [minutes]`: by default team search, half an hour."""
    team = arguments[0] if arguments else "search"
    minutes = int(arguments[1]) if len(arguments) > 1 else 30
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file in draw_all(live.sources(team), {"team": team}, FOLDER, minutes):
        print(file.relative_to(paths.checkout()))


if __name__ == "__main__":
    main(sys.argv[1:])
