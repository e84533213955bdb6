"""A test that failed and was run once more: both outcomes and the first failure's text, so that nothing is hidden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

SHOWN = 6000
"""Characters of a failure; its end says what is wrong."""


def lines(stats: Mapping[str, Sequence[Any]]) -> list[str]:
    """What the summary says of tests that were run twice: the reports are pytest's, by outcome."""
    said: list[str] = []
    for report in stats.get("rerun", ()):
        again = "failed again" if _names(stats, "failed", "error") & {report.nodeid} else "passed the second time"
        text = str(report.longrepr)
        cut = "" if len(text) <= SHOWN else "...\n"
        said += [f"{report.nodeid} failed ({report.when}), then {again}; the first failure:", cut + text[-SHOWN:], ""]
    return said


def _names(stats: Mapping[str, Sequence[Any]], *outcomes: str) -> set[str]:
    found: Iterable[Any] = (report for outcome in outcomes for report in stats.get(outcome, ()))
    return {report.nodeid for report in found}
