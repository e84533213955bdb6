"""`python -m tests.bench`: figures of the platform that is up on this machine; exit code 1 if a promise isn't kept.

What is compared is compared on the same machine in the same minutes, so the ratios hold anywhere; the seconds are those
of the machine that the first line names.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from local import node, toolchain
from mlp import engine
from tests.bench import load, measures, serving, teams
from tests.support import machine

PREVIEWS, UNCHANGED, UPS = 5, 3, 3
TEAMS, RUNS = 2, 5
PACK = ("--policy-pack", *engine.PACKS)
SMALL = 50e6
"""Bytes below which a folder isn't worth a line."""


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    what: str
    values: Sequence[float]
    unit: str = "s"
    most: float | None = None
    """What is promised: the median mustn't be above it."""

    @property
    def kept(self) -> bool:
        """Whether the promise is kept."""
        return self.most is None or median(self.values) <= self.most

    def line(self) -> str:
        """For people."""
        spread = f"{min(self.values):.3g} to {max(self.values):.3g}, {len(self.values)} rounds"
        promise = "" if self.most is None else f"at most {self.most:g}  {'kept' if self.kept else 'BROKEN'}"
        seen = spread if len(self.values) > 1 else ""
        return f"{self.what:<58} {median(self.values):>8.2f} {self.unit:<4}  {seen:<28} {promise}".rstrip()


def main() -> int:
    """Measure, print, and say whether all promises are kept."""
    if node.state().status != "running":
        print("nothing to measure: the platform isn't up on this machine\n  fix: make up", file=sys.stderr)
        return 1
    print(f"{machine.described()}; load before: {machine.load()}", flush=True)
    environment = {**os.environ, **toolchain.environment()}
    figures = [
        Figure("mlp up, nothing changed", measures.unchanged_ups(UNCHANGED), most=60),
        Figure("preview of local-platform, nothing changed", measures.previews(environment, PREVIEWS), most=5),
        Figure("the same, checked by the policy pack", measures.previews(environment, PREVIEWS, *PACK)),
    ]
    with tempfile.TemporaryDirectory(prefix="mlp-bench-") as folder:
        by_pulumi, by_kubectl = measures.ups(environment, Path(folder), UPS)
    figures += [
        Figure("both stacks from nothing, pulumi up", by_pulumi),
        Figure("the same objects applied and awaited with kubectl", by_kubectl),
        Figure("  the one by the other", [median(by_pulumi) / median(by_kubectl)], unit="x", most=2.0),
    ]
    team = teams.measure(TEAMS, RUNS)
    figures += [
        Figure("mlp team add, until its Airflow answers", team.answers, most=45),
        Figure("DAG of three tasks, each a pod", team.three_tasks, most=20),
        Figure("one more team: memory", [size / 2**30 for size in team.memory], unit="GiB", most=1.1),
        Figure("one more team: processor at rest", team.cores, unit="core", most=0.1),
    ]
    figures += [
        Figure(f"on disk: {name}", [size / 1e9], unit="GB") for name, size in measures.disk().items() if size > SMALL
    ]
    print("\n".join(figure.line() for figure in figures))
    broken = serving.main([]) + load.main([])
    return 0 if not broken and all(figure.kept for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
