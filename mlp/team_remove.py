"""The end of a team: said before, asked, done."""

from __future__ import annotations

from collections.abc import Sequence

from mlp import config, console, environment, state, target, team_stacks, teams, tenant
from mlp.target import Target


def run(names: Sequence[str], purge: bool, yes: bool) -> None:
    """Remove teams from the cluster; their data stays unless it is to go.

    Raises:
        Problem: One isn't known, the cluster doesn't answer, or the engine fails: then the same command goes on.
    """
    where = target.current()
    for name in names:
        teams.require(name)
    standing = [name for name in names if name in teams.standing()]
    if standing:
        team_stacks.require_cluster(where)
    policies = {name: tenant.on_removal(name, where) for name in standing}
    for name in names:
        console.say(plan(name, name in standing, purge or policies.get(name) == tenant.PURGE))
    if not standing:
        _forget(names, where)
        return
    console.ask(f"Remove {'team' if len(standing) == 1 else 'teams'} {' and '.join(standing)}?", yes)
    environment.enter()
    for name in standing:
        # Where the Tenant is gone already, a removal was killed after the data's fate was decided.
        if purge and policies[name] is not None:
            tenant.set_purge(name, where)
    try:
        team_stacks.destroy(standing, where)
    finally:
        _forget([name for name in names if not config.exists(teams.stack_of(name))], where)


def plan(team: str, standing: bool, purge: bool) -> str:
    """What goes and what stays, by name."""
    name = teams.id_of(team)
    spec = teams.shown(teams.spec_of(team))
    data = (
        f"database {name}, bucket {name} with its objects, repository {name}.git, "
        f"MLflow workspace {name} with its experiments and models"
    )
    goes = [
        f"namespace {name} with Airflow, what runs there, and notebooks' homes and shared files",
        f"access of {name} to all shared tools",
    ]
    stays = []
    if not standing:
        goes, data = ["nothing on the cluster: it isn't up"], ""
    elif purge:
        goes.append(data)
    else:
        stays.append(f"{data} (`mlp team add {team}` finds them again)")
    if teams.spec_of(team).exists():
        stays.append(f"its spec {spec}; delete the file if nobody wants it again")
    lines = [f"team {team}", *(f"  goes:  {one}" for one in goes), *(f"  stays: {one}" for one in stays)]
    return "\n".join(lines)


def _forget(names: Sequence[str], where: Target) -> None:
    """Remove the empty stacks and their config from this machine."""
    for name in names:
        stack = teams.stack_of(name)
        if state.path_of(stack).exists():
            environment.enter()
            config.open_stack(stack, where).remove()
        config.path_of(stack).unlink(missing_ok=True)
        console.say(f"team {name}: stack {stack} and its config are gone")
