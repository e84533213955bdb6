"""Requests of the controller's own during a canary, in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from . import canary
from .meter import Meter
from .stats import Stats
from .wanted import Canary

SECONDS = 1.0


class Probing:
    """Asks revisions their example, one request after the other for each."""

    def __init__(self, stats: Stats) -> None:
        """Nothing is asked yet."""
        self._stats = stats
        self._running: dict[str, asyncio.Task[None]] = {}
        self._examples: dict[str, bytes | None] = {}

    def go(self, addresses: Sequence[str], meter: Meter, elapsed: float, rule: Canary, mark: str) -> None:
        """Ask a revision as often as it takes, unless it is being asked."""
        count = canary.probes(elapsed, rule, meter.figures())
        running = self._running.get(mark)
        if not count or not addresses or (running and not running.done()):
            return
        for other in [key for key, task in self._running.items() if task.done()]:
            del self._running[other]
        self._running[mark] = asyncio.create_task(self._ask(addresses[0], meter, count, mark))

    def stop(self) -> None:
        """Nobody is asked any more."""
        for task in self._running.values():
            task.cancel()

    async def _ask(self, address: str, meter: Meter, count: int, mark: str) -> None:
        begun = asyncio.get_running_loop().time()
        if mark not in self._examples:
            self._examples = {**dict(list(self._examples.items())[-1:]), mark: await self._stats.example(address)}
        body = self._examples[mark]
        if body is not None:
            for _ in range(count):
                await self._stats.probe(address, body, meter)
        await asyncio.sleep(max(0.0, SECONDS - (asyncio.get_running_loop().time() - begun)))
