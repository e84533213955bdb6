"""Who asks a feature server, and what they may read: the registry knows; its answers hold for a moment."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from .problem import NotAllowedError

HOLDS = 10.0
"""Seconds that an answer counts: what is granted or taken away counts after that."""
STILL_HOLDS = 60.0
"""Seconds that it counts while the registry can't be asked; then nobody but the team itself is let in."""
MOST = 1000


class UnreachableError(Exception):
    """The registry can't be asked now."""


@dataclass(frozen=True)
class Reader:
    """Who asks."""

    team: str
    views: frozenset[str] | None
    """What may be read; None for all."""


class Access:
    """Keys and what they open.

    Args:
        team: Whose server it is.
        own_key: The team's own, which opens all and needs no registry.
        ask: Asks the registry about a key: team and views; None for a key that is nobody's.
    """

    def __init__(
        self, team: str, own_key: str, ask: Callable[[str], Awaitable[tuple[str, Iterable[str]] | None]]
    ) -> None:
        self.own = Reader(team, None)
        self._own_key = own_key.encode()
        self._ask = ask
        self._known: OrderedDict[str, tuple[float, Reader | None]] = OrderedDict()

    async def reader(self, key: str) -> Reader:
        """Who has this key.

        Raises:
            NotAllowedError: Nobody.
            UnreachableError: Nobody can say.
        """
        if not key:
            raise NotAllowedError("no key")
        if hmac.compare_digest(key.encode(), self._own_key):
            return self.own
        digest, now = hashlib.sha256(key.encode()).hexdigest(), time.monotonic()
        known = self._known.get(digest)
        if known is None or now - known[0] > HOLDS:
            try:
                known = (now, self._reader(await self._ask(key)))
                self._note(digest, known)
            except UnreachableError:
                if known is None or now - known[0] > STILL_HOLDS:
                    raise
        if known[1] is None:
            raise NotAllowedError("this key is nobody's")
        return known[1]

    def _reader(self, answer: tuple[str, Iterable[str]] | None) -> Reader | None:
        return None if answer is None else Reader(answer[0], frozenset(answer[1]))

    def _note(self, digest: str, known: tuple[float, Reader | None]) -> None:
        self._known[digest] = known
        self._known.move_to_end(digest)
        while len(self._known) > MOST:
            self._known.popitem(last=False)
