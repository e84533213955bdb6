"""Pulumi stacks that only remember what was done to them, and take their time side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from local.problem import Problem
from mlp import engine, state


class Stacks:
    """Opens stacks in the place of `mlp.config.open_stack`."""

    def __init__(self, stands: Callable[..., None]) -> None:
        self.done: list[tuple[str, str]] = []
        """What was done to which stack, in order."""
        self.failing: set[str] = set()
        """Stacks whose engine fails."""
        self.changes: dict[str, int] = {"create": 3}
        """What a preview says."""
        self.together: threading.Barrier | None = None
        """Engines wait here for each other."""
        self.outputs: dict[str, dict[str, Any]] = {}
        """By stack: what it has once it is up."""
        self._stands = stands

    def open(self, name: str, where: object, say: Callable[[str], None] = print) -> StackDouble:
        """One of them."""
        return StackDouble(self, name, say)

    def work(self, name: str, what: str) -> None:
        """Do something to one."""
        self.done.append((what, name))
        if self.together is not None and what in ("up", "destroy"):
            self.together.wait(10)
        if name in self.failing:
            raise Problem(f"stack {name} isn't {what}", "mend it")
        if what == "up":
            self._stands(name, **self.outputs.get(name, {"addresses": {}}))
        elif what == "destroy":
            state.path_of(name).write_text('{"checkpoint": {"latest": {}}}')
        elif what == "remove":
            state.path_of(name).unlink()


class StackDouble:
    """As `mlp.engine.Stack`."""

    def __init__(self, stacks: Stacks, name: str, say: Callable[[str], None]) -> None:
        self.name, self._stacks, self._say = name, stacks, say

    def settle(self) -> None:
        """Nothing is ever left behind."""

    def would_change(self) -> bool:
        """Whether an `up` would change anything."""
        return engine.changes(self._stacks.changes) > 0

    def up(self) -> dict[str, int]:
        """Apply."""
        self._say(f"  + of {self.name}")
        self._stacks.work(self.name, "up")
        return {"create": 3}

    def destroy(self) -> None:
        """Remove what it made."""
        self._stacks.work(self.name, "destroy")

    def remove(self) -> None:
        """Forget it."""
        self._stacks.work(self.name, "remove")
