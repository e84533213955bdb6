"""What a person types into cells, as files: the notebook's own Python runs them."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
ITEMS = (1, 50, 110, 260, 296, 318, 356, 480)
"""Films that many have rated."""


def read(name: str) -> str:
    """A cell."""
    return (HERE / f"{name}.txt").read_text().rstrip("\n")


def features(experiment: str, run: str) -> str:
    """The cell that reads features of `ITEMS` and logs what it read as a run."""
    return f"ITEMS, EXPERIMENT, RUN = {list(ITEMS)}, {experiment!r}, {run!r}\n{read('features')}"
