"""`mlp policy`: every stack's preview checked by the policy pack."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def run(
    stack: Annotated[list[str] | None, typer.Option("--stack", "-s", help="Only this one; may be repeated.")] = None,
    sarif: Annotated[Path | None, typer.Option(metavar="FILE", help="Write what is found as SARIF 2.1.0 too.")] = None,
    rules: Annotated[bool, typer.Option("--rules", help="List the rules and check nothing.")] = False,
) -> None:
    """Check every stack's preview by the rules in policies/, with no cluster. Exit code 1 if one is broken."""
    from mlp import policy

    if rules:
        print(policy.listed())
        return
    policy.run(stack or [], sarif)
