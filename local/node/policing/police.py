"""Puts what is wanted in force whenever something changes, and tells who waits when it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from local.problem import Problem

TOGETHER_SECONDS = 0.02
"""What changes within this is put in force at once."""
PAUSE_SECONDS = 1.0


class Police:
    """Changes are counted; those up to a number are in force once somebody has put them so."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._changes = self._in_force = 0

    def changed(self) -> int:
        """Say that something changed; returns the number to wait for."""
        with self._condition:
            self._changes += 1
            self._condition.notify_all()
            return self._changes

    def wait(self, change: int, seconds: float) -> bool:
        """Whether a change is in force within so many seconds."""
        with self._condition:
            return self._condition.wait_for(lambda: self._in_force >= change, seconds)

    def run(self, wanted: Callable[[], str | None], put: Callable[[str], None]) -> None:
        """Look after it for ever.

        Args:
            wanted: What is to be in force now; None while that isn't known.
            put: Puts it in force, or raises a Problem: then it is tried again.
        """
        last, seen = "", 0
        while True:
            with self._condition:
                while self._changes <= seen:
                    self._condition.wait()
            time.sleep(TOGETHER_SECONDS)
            with self._condition:
                change = self._changes
            try:
                last = self._put(last, wanted(), put, change)
                seen = change
            except Problem as problem:
                print(f"{time.strftime('%F %T')} {problem}", flush=True)
                time.sleep(PAUSE_SECONDS)

    def _put(self, last: str, wanted: str | None, put: Callable[[str], None], change: int) -> str:
        if wanted is None:
            return last
        if wanted != last:
            put(wanted)
        with self._condition:
            self._in_force = change
            self._condition.notify_all()
        return wanted
