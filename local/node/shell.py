"""Running other programs, with their output in the error."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.problem import Problem

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""sbin is on no ordinary user's PATH, and nft, ip and iptables live there."""


def run(argv: Sequence[str | Path], *, stdin: str | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run a program and return what it printed.

    Raises:
        Problem: It isn't there or failed; the text carries its last lines.
    """
    command = [str(part) for part in argv]
    surroundings = {**os.environ, **(env or {}), "PATH": PATH}
    try:
        done = subprocess.run(command, input=stdin, env=surroundings, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Problem(f"{command[0]} isn't installed", "run `mlp doctor`: it says what is missing") from None
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise Problem(
            f"{' '.join(command[:6])} failed ({done.returncode}):\n{said}", "the text above says why; then run it again"
        )
    return done.stdout


def succeeds(argv: Sequence[str | Path]) -> bool:
    """Whether a program ends well; its output is dropped."""
    command = [str(part) for part in argv]
    return subprocess.run(command, env={**os.environ, "PATH": PATH}, capture_output=True, check=False).returncode == 0
