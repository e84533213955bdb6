"""Plain `pulumi` after `eval "$(mlp env local)"`, as a person types it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from local import paths
from tests.support.commands import Ran, run

PLATFORM = "local-platform"
TEAM = "local-team-search"
STACKS = ("local-foundation", PLATFORM, TEAM)
PREVIEW = "pulumi preview --diff --expect-no-changes --non-interactive -s {}"
UP = "pulumi up --skip-preview --yes --expect-no-changes -s {}"
REFRESH = "pulumi refresh --yes --skip-preview --expect-no-changes -s {}"


def shell(command: str, seconds: float) -> Ran:
    """Run a command in a shell of a person: `eval "$(.venv/bin/mlp env local)"` first, then what they type."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "KUBECONFIG"))}
    entered = f'set -e; eval "$(.venv/bin/mlp env local)"; {command}'
    return run(["bash", "-c", entered], seconds, environment=clean, folder=paths.checkout())


def on_each(stacks: Iterable[str], *commands: str, seconds: float = 150) -> None:
    """Commands one after the other, on all these stacks side by side; `{}` is the stack."""

    def on(stack: str) -> None:
        for command in commands:
            shell(command.format(stack), seconds).must_succeed()

    # Each has a lock, a state and a process of its own.
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(on, stack) for stack in stacks]:
            done.result()


NOTHING_CHANGES = {
    "preview": lambda: on_each(STACKS, PREVIEW),
    "up": lambda: on_each(STACKS, UP),
    # And the program still agrees with what was read back.
    "refresh": lambda: on_each(STACKS, REFRESH, PREVIEW),
}
"""What finds nothing to do while all is as it was applied."""
