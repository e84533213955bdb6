"""When what died is started again: at once, then later and later while it dies young."""

from __future__ import annotations

from dataclasses import dataclass

FIRST = 0.5
LONGEST = 5.0
GROWN_UP = 60.0
"""Seconds after which a component that dies did not die of its start."""


@dataclass
class Restarts:
    """The delays of one component."""

    delay: float = FIRST

    def after(self, lived: float) -> float:
        """Seconds to wait, given how long it lived."""
        if lived > GROWN_UP:
            self.delay = FIRST
        now = self.delay
        self.delay = min(self.delay * 2, LONGEST)
        return now
