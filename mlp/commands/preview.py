"""`mlp preview`: every stack against sample contracts."""

from __future__ import annotations

from typing import Annotated

import typer


def run(
    stack: Annotated[list[str] | None, typer.Option("--stack", "-s", help="Only this one; may be repeated.")] = None,
) -> None:
    """Preview every stack with no cluster and no account. Exit code 1 if one of them fails."""
    from mlp import sample_preview

    sample_preview.run(stack or [])
