"""The environment that plain `pulumi` needs, for this process and all that it starts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from local import toolchain


def enter() -> None:
    """Take it over: engine and plugins on PATH, backend, passphrase file, KUBECONFIG.

    Raises:
        Problem: The toolchain isn't installed yet.
    """
    os.environ.update(toolchain.environment())


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
