"""`mlp features`: what features there are, for a team; definitions applied; views shared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from mlp.completion import Team, team_names

app = typer.Typer(name="features", help="Features: found, applied, shared with other teams.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


@app.command("list")
def list_(team: Team, as_json: AsJson = False) -> None:
    """List the feature views that the team may see: its own, and what others share with it."""
    from mlp import console, features, target

    found = features.visible(team, target.current())
    if as_json:
        print(json.dumps(found, indent=2))
        return
    rows = [
        (
            one["project"],
            view["name"],
            ", ".join(view["entities"]),
            str(len(view["features"])),
            view["materialized"] or "never",
            view["description"],
        )
        for one in found["projects"]
        for view in one["views"]
    ]
    print(console.table(("project", "view", "by", "features", "online until", "what"), rows))


@app.command()
def show(
    view: Annotated[str, typer.Argument(metavar="VIEW", help="Its name, or project:name.")],
    team: Team,
    as_json: AsJson = False,
) -> None:
    """Show a feature view."""
    from mlp import console, features, target

    found = features.view(view, team, target.current())
    if as_json:
        print(json.dumps(found, indent=2))
        return
    rows = [(key, ", ".join(value) if isinstance(value, list) else str(value)) for key, value in found.items()]
    print(console.table(("what", "value"), rows))


@app.command()
def apply(folder: Annotated[Path, typer.Argument(help="With definitions: *.py.", exists=True)], team: Team) -> None:
    """Make the definitions of a folder the team's. Those that aren't in it stay."""
    from mlp import console, features, target

    features.apply(folder, team, target.current())
    console.say(f"  applied; `mlp features list --team {team}` shows them")


@app.command()
def grant(
    views: Annotated[list[str], typer.Argument(metavar="VIEW...", help="All that it may read.")],
    to: Annotated[str, typer.Option("--to", help="The other team.", autocompletion=team_names)],
    team: Team,
) -> None:
    """Let another team find and read views of the team's. It replaces what was granted to it before."""
    from mlp import console, features, target

    granted = features.share(views, to, team, target.current())
    console.say(
        f"  team {to} may read {', '.join(granted)} of team {team}, at http://features.team-{team} from its pods"
    )


@app.command()
def revoke(
    to: Annotated[str, typer.Option("--to", help="The other team.", autocompletion=team_names)], team: Team
) -> None:
    """End what was granted to another team: within ten seconds it reads nothing."""
    from mlp import console, features, target

    features.share([], to, team, target.current())
    console.say(f"  team {to} reads nothing of team {team} by a grant")
