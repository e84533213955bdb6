"""The environment that plain `pulumi` needs, for this process and all that it starts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local import toolchain
from local.tasks import Report
from local.toolchain import engine


def enter() -> dict[str, str]:
    """Take it over: engine and plugins on PATH, backend, passphrase file, KUBECONFIG. Gets what is missing; returns it.

    Raises:
        Problem: The engine can't be had.
    """
    variables = ensure()
    os.environ.update(variables)
    return variables


def ensure() -> dict[str, str]:
    """The variables; with the engine, its plugins and the state's folder made if need be.

    Raises:
        Problem: The engine can't be had.
    """
    if engine.locate() is not None:
        # A new checkout: the rest takes a moment and nobody needs to hear of it.
        with Path(os.devnull).open("w") as nowhere:
            return toolchain.ensure(Report("tools", nowhere))
    return toolchain.ensure(Report("tools"))


@contextmanager
def replaced(variables: Mapping[str, str]) -> Iterator[None]:
    """Other values for a while."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
