"""What the local stacks' specs say that the command needs to know before any stack is up."""

from __future__ import annotations

import pulumi

from components.foundation.local.spec import FoundationSpec
from components.platform.spec import PlatformSpec
from components.team.spec import TeamSpec
from local import paths
from local.problem import Problem
from mlp import teams
from stacks.spec import load


def foundation() -> FoundationSpec:
    """The spec of local-foundation.

    Raises:
        Problem: It is wrong; names file, path, value and fix.
    """
    spec = _load("local-foundation")
    if not isinstance(spec, FoundationSpec):
        raise Problem(f"stacks/local-foundation.yaml: kind is {spec.kind!r}", "it has to be `kind: foundation`")
    return spec


def platform() -> PlatformSpec:
    """The spec of local-platform.

    Raises:
        Problem: As `foundation`.
    """
    spec = _load("local-platform")
    if not isinstance(spec, PlatformSpec):
        raise Problem(f"stacks/local-platform.yaml: kind is {spec.kind!r}", "it has to be `kind: platform`")
    return spec


def team(name: str) -> TeamSpec:
    """The spec of a team.

    Raises:
        Problem: As `foundation`.
    """
    spec = _load(teams.stack_of(name))
    if not isinstance(spec, TeamSpec):
        raise Problem(f"{teams.shown(teams.spec_of(name))}: kind is {spec.kind!r}", "it has to be `kind: team`")
    return spec


def _load(stack: str) -> FoundationSpec | PlatformSpec | TeamSpec:
    try:
        return load(paths.checkout() / "stacks" / f"{stack}.yaml")
    except pulumi.RunError as error:
        what, _, fix = str(error).partition("\n  fix: ")
        raise Problem(what, fix or f"correct stacks/{stack}.yaml") from error
