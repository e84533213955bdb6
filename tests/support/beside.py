"""Work that goes on beside the tests: begun early, looked at by the test that it belongs to.

Much of an end-to-end test is waiting. What needs neither a quiet machine nor the tests before it is begun while others
wait, a little below them in priority, and its own test takes what it came to. What is long and in no hurry gets only
the processor's idle time: it goes on beside tests that measure, too.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

AT_ONCE = 3
NICE = 5
"""Added to what is begun here, with all the processes that it starts."""
IDLY_AT_ONCE = 1

T = TypeVar("T")


class Beside:
    """What runs or ran, by name. Used from the tests' own thread."""

    def __init__(self) -> None:
        self._nice = ThreadPoolExecutor(AT_ONCE, "beside", _be_nice)
        self._idle = ThreadPoolExecutor(IDLY_AT_ONCE, "idly", _be_idle)
        self._work: dict[str, Future[object]] = {}
        self._idly: set[str] = set()
        self._again: dict[str, Callable[[], object]] = {}

    def begin(self, name: str, work: Callable[[], object], *, idly: bool = False) -> None:
        """Begin it, unless it goes on already; `idly` in idle time only."""
        if name not in self._work or self._work[name].done():
            self._work[name] = (self._idle if idly else self._nice).submit(work)
            self._again[name] = work
            (self._idly.add if idly else self._idly.discard)(name)

    def result(self, name: str, work: Callable[[], T]) -> T:
        """What it came to. Done here and now if it wasn't begun; what failed is forgotten: the next call does it anew.

        Raises:
            Exception: What it failed with.
        """
        if name not in self._work:
            return work()
        try:
            return self._work[name].result()  # type: ignore[return-value]  # of the work that was begun by this name
        except BaseException:
            if self._work[name].done():
                del self._work[name]
            raise

    def quiet(self) -> None:
        """Wait until nothing runs any more but in idle time, however it ended."""
        wait([one for name, one in self._work.items() if name not in self._idly])

    def alone(self) -> None:
        """Wait until nothing runs any more."""
        wait(self._work.values())

    def failures(self) -> dict[str, str]:
        """What failed and wasn't looked at by a test of its own, once all has ended."""
        self.alone()
        return {name: repr(error) for name, one in self._work.items() if (error := one.exception())}

    def repeat(self) -> None:
        """Do what failed once more.

        Raises:
            Exception: What it failed with this time.
        """
        for name in self.failures():
            self._again[name]()
            del self._work[name]

    def end(self) -> None:
        """Nothing more is begun; what runs is waited for."""
        for pool in (self._nice, self._idle):
            pool.shutdown(cancel_futures=True)


def _be_nice() -> None:
    """Linux keeps priority by thread, and what a thread starts has its own."""
    thread = threading.get_native_id()
    os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICE)


def _be_idle() -> None:
    os.sched_setscheduler(threading.get_native_id(), os.SCHED_IDLE, os.sched_param(0))
