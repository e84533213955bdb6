"""`mlp credentials <tool>`: user and password, read from the cluster when a person asks."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from mlp.completion import team_names


def run(
    tool: Annotated[str, typer.Argument(help="Such as mlflow; of a team: airflow, repository.")],
    team: Annotated[
        str, typer.Option("--team", "-t", help="Whose; none for what all share.", autocompletion=team_names)
    ] = "",
    user: Annotated[
        str, typer.Option("--user", "-u", help="Whose, where each person has their own: of notebooks.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Print a tool's user and password."""
    from mlp import credentials, target

    found = credentials.read(tool, team, target.current(), user)
    given = {"user": found.user, "password": found.password}
    print(json.dumps(given) if as_json else f"user:     {found.user}\npassword: {found.password}")
