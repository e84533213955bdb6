"""Clients that mean no good: bodies too large, a byte now and then, a crowd at once."""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import time
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from tests.support.traffic.answers import Answer, MalformedError, cut
from tests.support.traffic.generator import Target

SPARE_FILES = 2_000
OPENING_AT_ONCE = 500
PIECE = b" " * 65_536


@dataclass(frozen=True)
class Ended:
    """How a connection ended."""

    answer: Answer | None
    """None where the server closed it without one, or didn't within the time."""
    seconds: float
    """Since it was opened."""
    closed: bool
    """Whether the server answered or closed it; False where it was still waiting for more."""
    sent: int
    """Bytes that were sent of the body."""

    @property
    def status(self) -> int:
        """Of the answer; 0 where there is none."""
        return self.answer.status if self.answer else 0

    @property
    def text(self) -> str:
        """The answer's body."""
        return self.answer.body.decode(errors="replace") if self.answer else ""


def head(target: Target, length: int, *more: str) -> bytes:
    """A request up to its body, which it says is so long."""
    lines = [
        f"{target.method} {target.path} HTTP/1.1",
        f"Host: {target.host}",
        "Content-Type: application/json",
        f"Content-Length: {length}",
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


async def pieces_of(size: int) -> AsyncIterator[bytes]:
    """A body of that size, as fast as it is taken."""
    for start in range(0, size, len(PIECE)):
        yield PIECE[: size - start]


async def drops_of(data: bytes, every: float) -> AsyncIterator[bytes]:
    """A byte, then a pause, and so on: slowly enough to hold a connection for as long as it is let."""
    for place in range(len(data)):
        yield data[place : place + 1]
        await asyncio.sleep(every)


async def exchange(
    target: Target, first: bytes, rest: AsyncIterator[bytes] | None = None, seconds: float = 30
) -> Ended:
    """Send, and read until there is an answer or the server closes the connection, whatever is still to be sent."""
    start, sent = time.monotonic(), 0
    reader, writer = await asyncio.open_connection(target.address, target.port)

    async def send() -> None:
        nonlocal sent
        writer.write(first)
        async for piece in rest if rest is not None else nothing():
            writer.write(piece)
            await writer.drain()
            sent += len(piece)

    sending, data = asyncio.create_task(send()), bytearray()
    answer, closed = None, False
    try:
        async with asyncio.timeout(seconds):
            while answer is None and not closed:
                closed = not (piece := await reader.read(65_536))
                data += piece
                answer = cut(data, ended=closed)
                if answer is not None and answer.status == 100:
                    del data[: answer.size]
                    answer = None
    except (TimeoutError, MalformedError):
        pass
    except ConnectionError:
        closed = True
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        writer.transport.abort()
    return Ended(answer, time.monotonic() - start, closed or answer is not None, sent)


async def nothing() -> AsyncIterator[bytes]:
    for piece in ():
        yield piece


@dataclass
class Crowd:
    """Connections that are all open at once."""

    opened: int = 0
    open_at_once: int = 0
    """How many were still open when the last was there and all had been idle for a while."""
    answers: Counter[int] = field(default_factory=Counter)
    """Statuses of what they then asked; 0 where the connection was closed instead."""
    texts: Counter[str] = field(default_factory=Counter)
    """The beginnings of the answers."""


def allow_files(number: int) -> None:
    """Let this process open so many connections.

    Raises:
        ValueError: It may not, and isn't root.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < (wanted := number + SPARE_FILES):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(hard, wanted)))


def crowd_apart(target: Target, number: int, idle_seconds: float, rate: float) -> Crowd:
    """A crowd in a process of its own: in this one it would be in the way of who asks beside it."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_crowd, target, number, idle_seconds, rate).result()


def _crowd(target: Target, number: int, idle_seconds: float, rate: float) -> Crowd:
    return asyncio.run(crowd(target, number, idle_seconds, rate))


async def crowd(target: Target, number: int, idle_seconds: float, rate: float, seconds: float = 30) -> Crowd:
    """Open them all, leave them idle for a while, then let each ask once, so many a second.

    Args:
        seconds: For each to open, and for each to be answered.
    """
    allow_files(number)
    found, gate = Crowd(), asyncio.Semaphore(OPENING_AT_ONCE)
    request = target.request(target.bodies[0])

    async def opened() -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        async with gate:
            try:
                async with asyncio.timeout(seconds):
                    return await asyncio.open_connection(target.address, target.port, limit=4096)
            except (OSError, TimeoutError):
                return None

    async def asks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, after: float) -> None:
        await asyncio.sleep(after)
        answer, data = None, bytearray()
        try:
            async with asyncio.timeout(seconds):
                writer.write(request)
                while answer is None and (piece := await reader.read(65_536)):
                    data += piece
                    answer = cut(data)
        except (OSError, TimeoutError, MalformedError):
            pass
        found.answers[answer.status if answer else 0] += 1
        found.texts[answer.body[:80].decode(errors="replace") if answer else "no answer"] += 1
        writer.transport.abort()

    there = [one for one in await asyncio.gather(*(opened() for _ in range(number))) if one is not None]
    found.opened = len(there)
    await asyncio.sleep(idle_seconds)
    found.open_at_once = sum(not reader.at_eof() for reader, _ in there)
    await asyncio.gather(*(asks(reader, writer, place / rate) for place, (reader, writer) in enumerate(there)))
    return found
