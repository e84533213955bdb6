"""`mlp env local`: the environment for plain `pulumi` and `kubectl`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

import typer

from local.problem import Problem


class Where(StrEnum):
    """Whose environment."""

    local = "local"


def run(where: Annotated[Where, typer.Argument(help="Which stacks: local.")] = Where.local) -> None:
    """Print what plain `pulumi` and `kubectl` need, for: eval "$(mlp env local)"."""
    from local.toolchain import engine
    from mlp import config, console, environment, target, teams

    if engine.locate() is None:
        raise Problem("there is no Pulumi engine here yet", "run `make up`")
    config.require_secrets()
    variables = environment.enter()
    meant = target.current()
    for stack in (config.FOUNDATION, config.PLATFORM, *map(teams.stack_of, teams.known())):
        # A new checkout, or a new team. Opening one asks the engine, which takes seconds where there are many.
        if not config.is_open(stack, meant):
            config.open_stack(stack, meant)
    print(exports(variables))
    if sys.stdout.isatty():
        console.say('# for this shell: eval "$(mlp env local)"')


def exports(variables: Mapping[str, str]) -> str:
    """Shell lines that set the variables, quoted for any POSIX shell."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in sorted(variables.items()))
