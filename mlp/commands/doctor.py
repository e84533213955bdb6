"""`mlp doctor`: what this machine lacks."""

from __future__ import annotations

from collections.abc import Sequence

import typer


def run() -> None:
    """Say what this machine lacks, each with its fix, and change nothing. Exit code 1 if it can't work like that."""
    from local.toolchain import engine, gobinaries
    from mlp import checks, console, target, teams

    where = target.current()
    found = checks.findings(where)
    there = engine.locate()
    missing = [name for name in gobinaries.BINARIES if not gobinaries.path_of(name).exists()]
    rows = [
        ("cluster", "this machine" if where.embedded else f"context {where.context}, registry {where.registry}"),
        ("pulumi engine", f"{there.path} ({there.source})" if there else "not here yet: `mlp up` gets it"),
        ("programs", f"to build: {', '.join(missing)}" if missing else "all built"),
        ("teams", _teams(teams.standing(), teams.specified())),
    ]
    print(console.table(("what", "how it is"), rows))
    for finding in found:
        print(f"{'error' if finding.fatal else 'warning'}: {finding.what}\n  fix: {finding.fix}")
    if not found:
        print("everything that a run needs is met")
    if any(finding.fatal for finding in found):
        raise typer.Exit(1)


def _teams(standing: Sequence[str], specified: Sequence[str]) -> str:
    waiting = [team for team in specified if team not in standing]
    parts = [f"up: {', '.join(standing)}"] if standing else []
    return "; ".join([*parts, *([f"not up: {', '.join(waiting)}"] if waiting else [])]) or "none"
