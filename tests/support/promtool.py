"""Rules and their cases in a folder, for promtool."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from components.platform.rules import Group, render


def write(groups: Iterable[Group], folder: Path) -> list[Path]:
    """Write both files of each group; returns those of cases."""
    cases = []
    for group in groups:
        (folder / render.file_name(group)).write_text(json.dumps(render.rules(group)))
        path = folder / render.cases_name(group)
        path.write_text(json.dumps(render.cases(group)))
        cases.append(path)
    return cases
