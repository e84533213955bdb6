"""From an exception to what a person reads. No traceback reaches the terminal."""

from __future__ import annotations

import sys
import tempfile
import time
import traceback
from pathlib import Path

from local import paths
from local.problem import Problem
from mlp import console


def report(error: Exception) -> int:
    """Print an error as the person should read it; returns the exit code."""
    if isinstance(error, Problem):
        console.error(error.what, error.fix)
    else:
        summary = (str(error).strip().splitlines() or [""])[0]
        console.error(
            f"{type(error).__name__}: {summary}"[:300],
            f"this is a defect in mlp; the details are in {_log(error)}",
        )
    return 1


def _log(error: Exception) -> Path:
    """Write the traceback where only its owner reads it."""
    text = "".join(traceback.format_exception(error))
    name = f"mlp-{time.strftime('%Y%m%dT%H%M%S')}.log"
    # A home that doesn't exist isn't created for a log: `mlp doctor` and `--dry-run` leave nothing behind.
    if paths.home().is_dir():
        folder = paths.home() / "logs"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            path = folder / name
            path.touch(mode=0o600)
            path.write_text(f"{sys.argv}\n{text}")
            return path
        except OSError:
            pass
    with tempfile.NamedTemporaryFile("w", prefix="mlp-", suffix=".log", delete=False) as file:
        file.write(f"{sys.argv}\n{text}")
    return Path(file.name)
