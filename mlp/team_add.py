"""New teams: their specs written, their stacks brought up, their addresses told."""

from __future__ import annotations

from collections.abc import Sequence

from mlp import (
    config,
    console,
    dry,
    environment,
    health,
    registry_check,
    specs,
    summary,
    target,
    team_spec,
    team_stacks,
    teams,
)


def write_specs(names: Sequence[str]) -> None:
    """Write the specs that aren't there.

    Raises:
        Problem: A name can't be a team's, or a spec is wrong.
    """
    for name in map(teams.checked, names):
        spec = teams.shown(teams.spec_of(name))
        console.say(f"  {spec}: {'written' if team_spec.ensure(name) else 'is there'}")


def run(names: Sequence[str], yes: bool) -> None:
    """Bring teams up side by side, specs and all; those that are up already are brought up to date.

    Raises:
        Problem: The platform isn't up, a name or spec is wrong, or a stack failed; the same command goes on.
    """
    where = target.current()
    config.require_secrets()
    for name in names:
        teams.checked(name)
    team_stacks.require_platform()
    team_stacks.require_cluster(where)
    new = [name for name in names if name not in teams.standing()]
    if new:
        console.ask(f"Make {'team' if len(new) == 1 else 'teams'} {' and '.join(new)}?", yes)
    write_specs(names)
    for release in {specs.team(name).images for name in names}:
        registry_check.require(release, where)
    environment.enter()
    team_stacks.up(names, where, yes or len(new) == len(names))
    health.wait_for_services(names)
    summary.addresses(names)


def would(names: Sequence[str]) -> None:
    """Print what `run` would do; change nothing.

    Raises:
        Problem: A name or spec is wrong.
    """
    where = target.current()
    for name in map(teams.checked, names):
        if teams.spec_of(name).exists():
            specs.team(name)
            dry.stack(teams.stack_of(name), where)
        else:
            form = teams.shown(teams.spec_of(teams.FIRST))
            print(f"\nstack {teams.stack_of(name)}:\n  its spec would be written, as {form}, and its resources created")
    print("\nnothing was changed")
