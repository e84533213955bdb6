"""`mlp backup`: all that can't be built again, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mlp.exclusive import only_one


def run(
    file: Annotated[Path | None, typer.Argument(help="Where to; a name with the time if none.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be written.")] = False,
) -> None:
    """Copy the embedded platform's data, state and secrets into one file. The platform stops meanwhile.

    The file and its .sha256 hold every secret of the platform: keep them where nobody else can read them.
    """
    from mlp import backup

    with only_one("backup"):
        backup.run(file or backup.default_name(), yes, dry_run)
