"""`mlp team`: teams made, copied, removed, listed."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from mlp.completion import team_names

app = typer.Typer(name="team", help="Teams: each a slice of the platform with its own Airflow.", no_args_is_help=True)
Names = Annotated[list[str], typer.Argument(metavar="NAME...", help="Such as ads.", autocompletion=team_names)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]


@app.command()
def add(
    names: Names,
    spec_only: Annotated[bool, typer.Option("--spec-only", help="Only write stacks/local-team-NAME.yaml.")] = False,
    yes: Yes = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
) -> None:
    """Bring teams up, several side by side; those that have no spec get one. Run again, it brings them up to date."""
    from mlp import team_add, teams
    from mlp.exclusive import on_stacks

    if dry_run:
        team_add.would(names)
        return
    if spec_only:
        team_add.write_specs(names)
        return
    with on_stacks(f"team add {' '.join(names)}", [teams.stack_of(name) for name in names]):
        team_add.run(names, yes)


@app.command()
def clone(
    source: Annotated[str, typer.Argument(metavar="FROM", help="The team to copy.", autocompletion=team_names)],
    name: Annotated[str, typer.Argument(metavar="TO", help="The new one.")],
) -> None:
    """Write the spec of a new team as a copy of another's, without its secrets. Brings nothing up."""
    from mlp import team_spec, teams

    kept = team_spec.clone(source, name)
    print(f"{teams.shown(teams.spec_of(name))} written, from team {source}")
    if kept:
        print(f"config kept: {', '.join(sorted(kept))}")
    print(f"it gets secrets of its own; change what should differ, then run: mlp team add {name}")


@app.command()
def remove(
    names: Names,
    purge: Annotated[bool, typer.Option("--purge", help="Remove its data too.")] = False,
    yes: Yes = False,
) -> None:
    """Remove teams. Access ends at once; data stays for a team of the same name unless it is purged."""
    from mlp import team_remove, teams
    from mlp.exclusive import on_stacks

    with on_stacks(f"team remove {' '.join(names)}", [teams.stack_of(name) for name in names]):
        team_remove.run(names, purge, yes)


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False) -> None:
    """Say how every team is: stack, Airflow, pods and what it uses of its quota."""
    from mlp import console, target, team_list

    found = team_list.check(target.current())
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=2))
        return
    print(console.table(("team", "stack", "airflow", "address", "pods", "quota used"), team_list.rows(found)))
