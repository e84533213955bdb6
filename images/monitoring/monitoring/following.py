"""Programs that look again and again."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from .errors import MonitoringError


def say(text: str) -> None:
    """One line of the log."""
    print(text, file=sys.stderr, flush=True)


def follow(step: Callable[[], object], seconds: float) -> None:
    """A step every so many seconds, for ever. The same trouble is told once."""
    told = ""
    while True:
        try:
            step()
            told = ""
        except MonitoringError as error:
            if str(error) != told:
                told = str(error)
                say(told)
        time.sleep(seconds)
