"""`mlp restore`: the platform as it was when `mlp backup` wrote a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mlp.exclusive import only_one


def run(
    file: Annotated[Path, typer.Argument(help="A file that `mlp backup` wrote, with its .sha256 beside it.")],
    replace: Annotated[bool, typer.Option("--replace", help="Instead of the platform that is here.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say whether the file is whole.")] = False,
) -> None:
    """Put a backup of the embedded platform back, on this machine or another; `mlp up` brings it up."""
    from mlp import restore

    with only_one("restore"):
        restore.run(file, replace, yes, dry_run)
