"""`mlp down`: stop everything; data stays."""

from __future__ import annotations

from typing import Annotated

import typer

from mlp.exclusive import only_one


def run(yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False) -> None:
    """Stop the platform. The embedded node stops and its data stays; on a cluster of yours the stacks are destroyed."""
    from mlp import bring_down

    with only_one("down"):
        bring_down.run(yes)
