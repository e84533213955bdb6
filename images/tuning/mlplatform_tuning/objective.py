"""The function that a sweep tunes: from the project that came with it, or from the image."""

from __future__ import annotations

import importlib
import sys
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import optuna
from optuna.trial import FrozenTrial

from .problem import Problem

Objective = Callable[[optuna.Trial], float]


@dataclass(frozen=True)
class Project:
    """The objective, and what its module has besides."""

    objective: Objective
    prepare: Callable[[], object] | None = None
    """`prepare()`: called by each worker before its first trial, one worker at a time."""
    finish: Callable[[FrozenTrial], object] | None = None
    """`finish(best)`: called when all trials have ended, once; again if its worker dies of it."""


def load(path: str, environment: Mapping[str, str]) -> Project:
    """What a sweep runs.

    Raises:
        Problem: It can't be imported.
    """
    if archive := environment.get("PROJECT"):
        sys.path.insert(0, str(_unpacked(Path(archive))))
    module_name, _, name = path.partition(":")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # whatever the project's own code raises
        raise Problem(f"objective {path} can't be imported: {type(error).__name__}: {error}") from error
    found = getattr(module, name, None)
    if not callable(found):
        there = ", ".join(sorted(key for key, value in vars(module).items() if _is_own(value, module)))
        raise Problem(f"objective {path}: {module_name} has no function {name!r}; it has: {there or 'none'}")
    prepare, finish = (getattr(module, hook, None) for hook in ("prepare", "finish"))
    return Project(found, prepare if callable(prepare) else None, finish if callable(finish) else None)


def _unpacked(archive: Path) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="project-"))
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    except (OSError, tarfile.TarError) as error:
        raise Problem(f"the project at {archive} can't be unpacked: {error}") from error
    return folder


def _is_own(value: object, module: ModuleType) -> bool:
    return callable(value) and getattr(value, "__module__", None) == module.__name__
