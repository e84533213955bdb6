"""What is remembered of a new version while it is tried; a controller that starts anew tries it anew."""

from __future__ import annotations

import time
from collections.abc import Sequence

from .pods import Pod
from .rollout import Facts, Step
from .state import STARTING


class Candidate:
    """The clock and the crashes of one version."""

    def __init__(self) -> None:
        """It starts now."""
        self.elapsed = 0.0
        """Seconds in this phase."""
        self.promoted: Step | None = None
        """Why it takes over."""
        self._at = self._ready_at = time.monotonic()
        self._crashes = self._forgiven = 0

    def phase(self, step: Step) -> None:
        """Another phase begins."""
        self.elapsed = 0.0
        self._forgiven = self._crashes
        if step.reason:
            self.promoted = step

    def facts(
        self, phase: str, own: Sequence[Pod], ready: int, refused: tuple[str, str] | None, *, first: bool
    ) -> Facts:
        """What its next step is decided by.

        Args:
            phase: How far it is.
            own: Its pods.
            ready: How many of them predict.
            refused: Why it can't have pods.
            first: There is no version that serves.
        """
        now = time.monotonic()
        blocked = refused or next((pod.blocked for pod in own if pod.blocked), None)
        # Neither a long pull of its image nor a full quota is the version's fault.
        started = any(pod.running or pod.crashes for pod in own)
        if phase != STARTING or (started and not blocked):
            self.elapsed += now - self._at
        self._at = now
        if ready:
            self._ready_at = now
        worst = max(own, key=lambda pod: pod.crashes, default=None)
        self._crashes = worst.crashes if worst else self._crashes
        return Facts(
            phase=phase,
            first=first,
            ready=ready,
            crashes=max(0, self._crashes - self._forgiven),
            crash=worst.crash if worst else "",
            blocked=": ".join(blocked) if blocked else "",
            elapsed=self.elapsed,
            unready=now - self._ready_at,
        )
