"""`git http-backend` for one request: what comes in is piped to it, and what it then says is piped out."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import Process
from collections import defaultdict
from collections.abc import Mapping
from subprocess import PIPE
from typing import cast

from . import git, limits
from .exchange import Exchange, Gone
from .limits import MIB

PART = 1 << 16
# What git no longer reads is still taken, so that the pusher gets to read why.
SLACK = 200 * MIB
# The answer waits for the end of the request: proxies written in Go, such as Traefik, throw the rest of a request away
# once its answer begins. What git says before is little; this many parts of it are held.
MOST_HELD = 100


class TooLong(Exception):  # noqa: N818 - what happened, not a bug
    """A body that doesn't end."""


class Backend:
    """Runs git, some requests at a time, and knows whose they are."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(limits.AT_ONCE)
        self._own: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(limits.AT_ONCE_EACH))
        self._running: dict[str, set[int]] = defaultdict(set)

    async def serve(self, exchange: Exchange, name: str, environment: Mapping[str, str], most: int) -> None:
        """Answer by what git says.

        Args:
            name: Whose request it is.
            environment: For git, with what CGI wants.
            most: Bytes that git itself takes.

        Raises:
            Gone: Whoever asked went away.
            TimeoutError: It took longer than `limits.REQUEST_SECONDS`.
            TooLong: Far more was sent than git takes.
        """
        async with self._own[name], self._slots, asyncio.timeout(limits.REQUEST_SECONDS):
            process = await asyncio.create_subprocess_exec(
                *git.limited("http-backend"), env=environment, stdin=PIPE, stdout=PIPE, start_new_session=True
            )
            pipes = cast(tuple[asyncio.StreamWriter, asyncio.StreamReader], (process.stdin, process.stdout))
            self._running[name].add(process.pid)
            try:
                async with asyncio.TaskGroup() as group:
                    feeding = group.create_task(_feed(exchange, pipes[0], most + SLACK))
                    group.create_task(_reply(exchange, process, pipes[1], feeding))
            except BaseExceptionGroup as failed:
                raise failed.exceptions[0] from None
            finally:
                self._running[name].discard(process.pid)
                _kill(process.pid)
                await process.wait()

    def end(self, name: str) -> None:
        """End what runs for a repository now."""
        for pid in self._running[name]:
            _kill(pid)


def _kill(pid: int) -> None:
    # The group: http-backend starts others, which start the hook.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


async def _feed(exchange: Exchange, pipe: asyncio.StreamWriter, most: int) -> None:
    taken, reads = 0, True
    async for part in exchange.parts():
        taken += len(part)
        if taken > most:
            raise TooLong
        if reads:
            try:
                pipe.write(part)
                await pipe.drain()
            except (BrokenPipeError, ConnectionResetError):
                reads = False
    pipe.close()


async def _reply(exchange: Exchange, process: Process, pipe: asyncio.StreamReader, feeding: asyncio.Task[None]) -> None:
    try:
        head = await pipe.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        await feeding
        raise Gone from None
    held: list[bytes] = []
    while part := await pipe.read(PART):
        held.append(part)
        if feeding.done():
            await _write(exchange, head, held)
        elif len(held) > MOST_HELD:
            raise TooLong
    await feeding
    if await process.wait() < 0:
        raise Gone
    await _write(exchange, head, held)
    await exchange.write(b"", last=True)


async def _write(exchange: Exchange, head: bytes, held: list[bytes]) -> None:
    """Pass on what was held, after the headers."""
    if not exchange.status:
        await exchange.begin(*parsed(head))
    for part in held:
        await exchange.write(part)
    held.clear()


def parsed(head: bytes) -> tuple[int, list[tuple[str, str]]]:
    """Status and headers of a CGI answer."""
    status, headers = 200, []
    for line in head.decode("latin-1").split("\r\n"):
        name, colon, value = line.partition(":")
        if name.lower() == "status":
            status = int(value.split()[0])
        elif colon:
            headers.append((name.strip(), value.strip()))
    return status, headers
