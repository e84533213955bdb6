"""`mlp model`: a team's model services: packed, listed, looked at, taken back."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from mlp.completion import Team

app = typer.Typer(name="model", help="Model services of a team: packed, listed, rolled back.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the model service, such as keywords.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Follow the rollout until it serves or is rolled back.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


@app.command()
def package(name: Name, team: Team, wait: Wait = True) -> None:
    """Pack what the service's model is now and roll it out. Exit code 1 if the version is rolled back."""
    from mlp import model_package, target

    model_package.package(name, team, target.current(), wait)


@app.command()
def rollback(name: Name, team: Team, wait: Wait = True) -> None:
    """Serve the version again that was before the one that is."""
    from mlp import model_package, target

    model_package.rollback(name, team, target.current(), wait)


@app.command("list")
def list_(team: Team, as_json: AsJson = False) -> None:
    """List the team's model services: what each serves and tries, pods, requests in flight, address."""
    from mlp import console, model_services, target

    found = model_services.every(team, target.current())
    if as_json:
        print(json.dumps([one.as_dict() for one in found], indent=2))
        return
    headers = ("service", "state", "serves", "tries", "pods", "in flight", "address")
    print(console.table(headers, model_services.rows(found)))


@app.command()
def show(name: Name, team: Team, as_json: AsJson = False) -> None:
    """Say how a model service is, and which versions were promoted or rolled back, and why."""
    from mlp import cluster, model_services, target, teams

    teams.require_up(team)
    with cluster.client(target.current()) as api:
        found = model_services.Services(api, team).get(name)
    print(json.dumps(found.as_dict(), indent=2) if as_json else model_services.details(found))
