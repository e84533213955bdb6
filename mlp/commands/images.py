"""`mlp images`: build what changed, push it where a registry answers."""

from __future__ import annotations

from typing import Annotated

import typer


def run(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Only these; if none, all that are not optional.")
    ] = None,
) -> None:
    """Build the images that changed and say why; push them if the registry answers."""
    from mlp import image_builds
    from mlp.exclusive import only_one

    with only_one("images"):
        image_builds.run(names or [])
