"""Which pod answers a request that comes through the controller, and who waits while none can."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .meter import Meter

SUSPECT_SECONDS = 2.0
"""A pod that didn't take a connection is passed over for so long, unless it is the only one."""
LEAST_ROOM = 32
"""Requests that a pod may have from here at once, at least: more of them wait here, for the next pod."""


class FullError(Exception):
    """So many requests wait already that this one can't."""


class LateError(Exception):
    """No pod could take the request in time."""


@dataclass(eq=False)
class Backend:
    """One pod that answers."""

    address: str
    mark: str
    in_flight: int = 0
    suspect_until: float = 0.0


@dataclass(eq=False)
class Waiter:
    """One request that waits."""

    future: asyncio.Future[Backend]
    stable_only: bool


@dataclass(frozen=True)
class Split:
    """Which revisions answer."""

    stable: str = ""
    candidate: str = ""
    weight: int = 0
    """Percent of the requests that the candidate gets at most."""


@dataclass
class Gate:
    """The requests of one service."""

    called: Callable[[], None]
    """Somebody waits: it is time for a pod."""
    room: int = LEAST_ROOM
    limit: int = 500
    closed: str = ""
    """Why nobody needs to wait: no pod will come."""
    trouble: str = ""
    """What keeps pods from coming, which may pass."""
    split: Split = field(default_factory=Split)
    meters: dict[str, Meter] = field(default_factory=dict)
    _backends: dict[str, Backend] = field(default_factory=dict)
    _waiters: deque[Waiter] = field(default_factory=deque)
    _credit: float = 0.0

    @property
    def waiting(self) -> int:
        """Requests that wait for a pod."""
        return len(self._waiters)

    @property
    def in_flight(self) -> int:
        """Requests that pods have from here."""
        return sum(backend.in_flight for backend in self._backends.values())

    def meter(self, mark: str) -> Meter:
        """Of a revision."""
        return self.meters.setdefault(mark, Meter())

    def update(self, backends: Iterable[tuple[str, str]], split: Split) -> None:
        """The pods that are ready, by address and revision, and which revisions count."""
        if split.candidate != self.split.candidate:
            self._credit = 0.0
        self.split = split
        before, self._backends = self._backends, {}
        for address, mark in backends:
            known = before.get(address)
            self._backends[address] = known if known and known.mark == mark else Backend(address, mark)
        self._hand()

    async def enter(self, seconds: float, *, stable_only: bool = False) -> Backend:
        """A pod for one request; `leave` must follow.

        Raises:
            FullError: Too many wait already.
            LateError: None came in time.
        """
        if not self._waiters and (found := self._take(stable_only)):
            return found
        if len(self._waiters) >= self.limit:
            raise FullError
        waiter = Waiter(asyncio.get_running_loop().create_future(), stable_only)
        self._waiters.append(waiter)
        self.called()
        try:
            return await asyncio.wait_for(waiter.future, seconds)
        except TimeoutError:
            raise LateError from None
        except asyncio.CancelledError:
            if waiter.future.done() and not waiter.future.cancelled():
                self.leave(waiter.future.result())
            raise
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def leave(self, backend: Backend) -> None:
        """The request is answered, or won't be."""
        backend.in_flight -= 1
        self._hand()

    def shut(self, why: str) -> None:
        """Nobody waits any more, and nobody needs to."""
        self.closed = why
        self.part()

    def part(self) -> None:
        """Whoever waits is to ask again, and will be led elsewhere."""
        for waiter in self._waiters:
            if not waiter.future.done():
                waiter.future.set_exception(LateError())
        self._waiters.clear()

    def suspect(self, backend: Backend) -> None:
        """It didn't take a connection."""
        backend.suspect_until = time.monotonic() + SUSPECT_SECONDS

    def has_stable(self) -> bool:
        """Whether stable has a pod that is ready."""
        return any(backend.mark == self.split.stable for backend in self._backends.values())

    def _hand(self) -> None:
        while self._waiters:
            waiter = self._waiters[0]
            if waiter.future.done():
                self._waiters.popleft()
                continue
            found = self._take(waiter.stable_only)
            if found is None:
                return
            self._waiters.popleft()
            waiter.future.set_result(found)

    def _take(self, stable_only: bool) -> Backend | None:
        split, found = self.split, None
        if split.candidate and not stable_only:
            # Credit is what the candidate may have had by now: it never gets more than its share.
            due = self._credit + split.weight / 100
            if due >= 1 and (found := self._least(split.candidate)):
                due -= 1
            # What it couldn't take isn't saved up for later.
            self._credit = min(due, 1.0)
        found = found or self._least(split.stable)
        if found:
            found.in_flight += 1
        elif split.candidate and not stable_only:
            self._credit = max(0.0, self._credit - split.weight / 100)
        return found

    def _least(self, mark: str) -> Backend | None:
        ready = [found for found in self._backends.values() if found.mark == mark and found.in_flight < self.room]
        now = time.monotonic()
        return min(ready, key=lambda found: (found.suspect_until > now, found.in_flight), default=None)
