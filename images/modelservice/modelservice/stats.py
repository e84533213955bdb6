"""What model pods say of themselves: how busy they were since the last look, and whether they are ready already."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass

import aiohttp

from .meter import Meter

SECONDS = 1.0
PROBE_SECONDS = 10.0
PROBE = {"x-mlplatform-probe": "1", "Content-Type": "application/json"}


@dataclass(frozen=True)
class Reading:
    """One answer of /stats."""

    at: float
    busy: float
    requests: int
    in_flight: int


@dataclass(frozen=True)
class Use:
    """Of some pods together, since the last look."""

    concurrency: float = 0.0
    """Mean of requests in flight."""
    in_flight: int = 0
    asked: bool = False
    """Whether there was any request."""
    refused: frozenset[str] = frozenset()
    """Addresses at which nobody listens."""


class Stats:
    """Asks pods: all services by the same connections."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self._session, self._port = session, port

    async def reading(self, address: str) -> Reading:
        """What a pod says of its use.

        Raises:
            aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError, TypeError: It doesn't, or can't be read.
        """
        async with self._session.get(self._url(address, "/stats"), timeout=_timeout(SECONDS)) as answer:
            told = json.loads(await answer.read())
        return Reading(time.monotonic(), float(told["busy_seconds"]), int(told["requests"]), int(told["in_flight"]))

    async def ready(self, address: str) -> bool:
        """Whether a pod predicts: asked before the kubelet does, while somebody waits."""
        try:
            async with self._session.get(self._url(address, "/readyz"), timeout=_timeout(SECONDS)) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    async def example(self, address: str) -> bytes | None:
        """A body that its /predict takes; none if the model has no example."""
        try:
            async with self._session.get(self._url(address, "/example"), timeout=_timeout(SECONDS * 5)) as answer:
                content = await answer.read()
                return content if answer.status == 200 and content else None
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None

    async def probe(self, address: str, body: bytes, meter: Meter) -> None:
        """One request of the controller's own, counted like the others."""
        mark = meter.begin()
        try:
            async with self._session.post(
                self._url(address, "/predict"), data=body, headers=PROBE, timeout=_timeout(PROBE_SECONDS)
            ) as answer:
                content = await answer.read()
                if answer.status >= 500:
                    text = " ".join(content[:200].decode(errors="replace").split())
                    meter.wrong(mark, f"{answer.status} {text}")
                elif answer.status >= 400:
                    # Its own example is no wrong input.
                    meter.wrong(mark, f"it refuses its example: {answer.status}")
                else:
                    meter.right(mark)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            meter.wrong(mark, f"no answer to its example ({type(error).__name__})")
        except BaseException:
            meter.lost(mark)
            raise

    def _url(self, address: str, path: str) -> str:
        return f"http://{address}:{self._port}{path}"


class Readings:
    """The use of one service's pods, from one look to the next."""

    def __init__(self, stats: Stats) -> None:
        """Nobody has been asked yet."""
        self._stats = stats
        self._last: dict[str, Reading] = {}

    async def look(self, addresses: Iterable[str]) -> Use:
        """All pods at once. One that doesn't answer counts as it did last."""
        wanted = list(addresses)
        self._last = {address: reading for address, reading in self._last.items() if address in wanted}
        found = await asyncio.gather(*(self._one(address) for address in wanted))
        return Use(
            sum(use.concurrency for use in found),
            sum(use.in_flight for use in found),
            any(use.asked for use in found),
            frozenset[str]().union(*(use.refused for use in found)),
        )

    async def _one(self, address: str) -> Use:
        before = self._last.get(address)
        try:
            now = await self._stats.reading(address)
        except aiohttp.ClientConnectorError:
            return Use(refused=frozenset([address]))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError, TypeError):
            # Too busy to say is busy.
            return Use(before.in_flight, before.in_flight, before.in_flight > 0) if before else Use()
        self._last[address] = now
        return use(before, now)


def use(before: Reading | None, now: Reading) -> Use:
    """Between two readings: the integral of requests in flight tells their mean exactly."""
    if before is None or now.requests < before.requests or now.busy < before.busy or now.at <= before.at:
        return Use(now.in_flight, now.in_flight, now.in_flight > 0)
    mean = (now.busy - before.busy) / (now.at - before.at)
    return Use(mean, now.in_flight, now.requests > before.requests or now.in_flight > 0)


def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds)
