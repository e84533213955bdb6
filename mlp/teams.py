"""Which teams there are: their specs say which could stand, the state says which do."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from pathlib import Path

from components.kubernetes import validators
from components.kubernetes.labels import team_id
from local import paths
from local.problem import Problem
from mlp import state
from mlp.state import State

PREFIX = "local-team-"
FIRST = "search"
"""The team that `mlp up` brings up by itself."""


def stack_of(team: str) -> str:
    """The team's stack."""
    return f"{PREFIX}{team}"


def id_of(team: str) -> str:
    """What the team is called in every tool (`components.kubernetes.labels.team_id`)."""
    return team_id(team)


def spec_of(team: str) -> Path:
    """The file of its spec."""
    return paths.checkout() / "stacks" / f"{stack_of(team)}.yaml"


def shown(path: Path) -> str:
    """A path of the checkout as people type it there."""
    return str(path.relative_to(paths.checkout()))


def specified() -> list[str]:
    """Teams that have a spec."""
    return sorted(path.stem.removeprefix(PREFIX) for path in spec_of("*").parent.glob(spec_of("*").name))


def standing() -> list[str]:
    """Teams whose stack has anything."""
    pattern = state.path_of(stack_of("*"))
    stacks = sorted(path.stem for path in pattern.parent.glob(pattern.name))
    return [stack.removeprefix(PREFIX) for stack in stacks if state.read(stack).exists]


def known() -> list[str]:
    """Teams that stand or could."""
    return sorted({*specified(), *standing()})


def wanted() -> list[str]:
    """Teams that `mlp up` brings up: those that stand, and the first one, as far as they have a spec."""
    return sorted({*standing(), FIRST} & set(specified()))


def orphans() -> list[str]:
    """Teams that stand and have no spec any more."""
    return sorted(set(standing()) - set(specified()))


def checked(name: str) -> str:
    """A name for a team.

    Raises:
        Problem: It can't be one.
    """
    try:
        return validators.team_name(name)
    except ValueError as error:
        raise Problem(f"{name!r} can't be a team's name", str(error)) from None


def require(team: str, among: Collection[str] | None = None) -> str:
    """A team that is known.

    Args:
        among: The teams that would do; all that are known if None.

    Raises:
        Problem: There is none of that name; says which there are.
    """
    there = sorted(known() if among is None else among)
    if team in there:
        return team
    close = difflib.get_close_matches(team, there, n=1)
    meant = f"did you mean {close[0]}? " if close else ""
    listed = f"teams are: {', '.join(there)}" if there else "there is no team yet: `mlp team add NAME`"
    raise Problem(f"there is no team {team!r}", meant + listed)


def require_up(team: str) -> State:
    """The state of a team that stands.

    Raises:
        Problem: It isn't known or isn't up.
    """
    found = state.read(stack_of(require(team)))
    if "addresses" not in found.outputs:
        raise Problem(f"team {team} isn't up", f"bring it up: `mlp team add {team}`")
    return found
