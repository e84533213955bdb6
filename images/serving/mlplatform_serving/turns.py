"""Who computes when: one call of the model at a time, in the event loop if it is quick, else in a thread."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
QUICK_SECONDS = 0.05
"""A call that takes less isn't worth the way to a thread and back, in which the loop wants the interpreter too."""
LAST = 8


class Turns:
    """The queue of those who want the model. In between, the loop reads what has come."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        # The shortest counts: on a busy machine some calls of a quick model are slow, none of a slow one is quick.
        self._seconds: deque[float] = deque(maxlen=LAST)
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, "model")

    @property
    def quick(self) -> bool:
        """Whether the model is; until it was called, nobody knows."""
        return bool(self._seconds) and min(self._seconds) < QUICK_SECONDS

    async def take(self, call: Callable[..., T], *values: Any) -> T:
        """What the call gives, when it is its turn."""
        async with self._turn:
            if self.quick:
                found = self._timed(call, *values)
                # Those that came meanwhile are read, and counted, before the next one computes.
                await asyncio.sleep(0)
                return found
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._timed, call, *values)

    def _timed(self, call: Callable[..., T], *values: Any) -> T:
        start = self._clock()
        try:
            return call(*values)
        finally:
            self._seconds.append(self._clock() - start)


Job = tuple[list[Any], dict[str, Any]]
"""Rows and parameters of one request."""


def together(predict: Callable[[Sequence[Any], dict[str, Any]], list[Any]], jobs: Sequence[Job]) -> list[Any]:
    """Answers of several requests, by one call for those with the same parameters; an exception where a call failed.

    If a call of several fails, each is answered for itself: one request's row must not fail another's.
    """
    groups: dict[str, list[int]] = {}
    for index, (_, params) in enumerate(jobs):
        groups.setdefault(repr(sorted(params.items())), []).append(index)
    answers: list[Any] = [None] * len(jobs)
    for members in groups.values():
        params = jobs[members[0]][1]
        rows = [row for index in members for row in jobs[index][0]]
        try:
            found = predict(rows, params)
        except Exception as error:
            for index in members:
                answers[index] = error if len(members) == 1 else _alone(predict, jobs[index])
            continue
        start = 0
        for index in members:
            end = start + len(jobs[index][0])
            answers[index] = found[start:end]
            start = end
    return answers


def _alone(predict: Callable[[Sequence[Any], dict[str, Any]], list[Any]], job: Job) -> Any:
    try:
        return predict(*job)
    except Exception as error:
        return error
