"""What the shell offers for a half-typed argument. Fast: files are looked at, nothing is asked."""

from __future__ import annotations

from typing import Annotated

import typer


def team_names(incomplete: str) -> list[str]:
    """Teams that stand or have a spec."""
    from mlp import teams

    return [team for team in teams.known() if team.startswith(incomplete)]


Team = Annotated[str, typer.Option("--team", "-t", help="Whose, such as search.", autocompletion=team_names)]
"""The option `--team` of commands that need one."""
