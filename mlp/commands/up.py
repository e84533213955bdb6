"""`mlp up`: the whole platform, or some layers of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from mlp.exclusive import only_one


class Layer(StrEnum):
    """What can be brought up by itself."""

    tools = "tools"
    node = "node"
    images = "images"
    foundation = "foundation"
    platform = "platform"
    teams = "teams"
    example = "example"


def run(
    layers: Annotated[list[Layer] | None, typer.Argument(metavar="[LAYER]...", help="Only these; all if none.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Change things without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what each step would do.")] = False,
    example: Annotated[bool, typer.Option("--example/--no-example", help="Train the example's model.")] = True,
) -> None:
    """Bring the platform up: tools, node, images, stacks, teams, a trained model. Done steps are skipped.

    Layers: tools, node, images, foundation, platform, teams, example.
    """
    from mlp import bring_up, dry

    chosen = [layer for layer in Layer if not layers or layer in layers]
    if not example:
        chosen = [layer for layer in chosen if layer is not Layer.example]
    if dry_run:
        dry.run([str(layer) for layer in chosen])
        return
    with only_one("up"):
        bring_up.run([str(layer) for layer in chosen], yes)
