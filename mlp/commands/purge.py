"""`mlp purge`: stop everything and remove what it left on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from mlp.exclusive import only_one


def run(yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False) -> None:
    """Stop the platform and remove its data, state, secrets and caches from this machine."""
    from mlp import bring_down

    with only_one("purge"):
        bring_down.purge(yes)
