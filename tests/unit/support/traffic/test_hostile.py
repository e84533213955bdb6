"""What hostile clients do and see, against a server that bounds what it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.support.traffic.generator import Target
from tests.support.traffic.hostile import crowd, drops_of, exchange, head, pieces_of
from tests.unit.support.traffic.served import HOST, Handler, ok, serving

pytestmark = pytest.mark.timeout(60)
LARGE = 100_000_000


def bounded(most: int, patience: float) -> Handler:
    """A handler that takes so long and so large requests."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(patience):
                said = (await reader.readuntil(b"\r\n\r\n")).decode()
                size = next(int(line[15:]) for line in said.split("\r\n") if line.startswith("Content-Length:"))
                if size > most:
                    writer.write(ok(b"too large", "413 Content Too Large", "Connection: close\r\n"))
                    await writer.drain()
                    await asyncio.sleep(0.1)
                    return
                await reader.readexactly(size)
            writer.write(ok(b"bad", "422 Unprocessable Content"))
            await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    return handle


@pytest.fixture
def target() -> Iterator[Target]:
    async def unused(number: int, body: bytes) -> bytes:
        return ok()

    with serving(unused, bounded(1000, patience=0.5)) as served:
        yield served.target


def test_a_body_that_is_refused_by_its_length_is_not_sent_on(target: Target) -> None:
    found = asyncio.run(exchange(target, head(target, LARGE), pieces_of(LARGE), seconds=20))
    assert (found.status, found.text, found.closed) == (413, "too large", True)
    assert found.sent < LARGE


def test_a_slow_client_sees_its_connection_closed(target: Target) -> None:
    found = asyncio.run(exchange(target, b"", drops_of(head(target, 5), every=0.1), seconds=20))
    assert (found.status, found.closed) == (0, True)
    assert 0.3 < found.seconds < 10


def test_a_server_that_waits_for_ever_is_told_from_one_that_closes(target: Target) -> None:
    found = asyncio.run(exchange(target, head(target, 900), drops_of(b"x" * 900, every=0.05), seconds=0.2))
    assert (found.status, found.closed) == (0, False)


def test_a_whole_request_is_answered(target: Target) -> None:
    found = asyncio.run(exchange(target, head(target, 5) + b"hello"))
    assert (found.status, found.text) == (422, "bad")


def test_a_crowd_is_open_at_once_and_each_is_answered() -> None:
    async def wrong(number: int, body: bytes) -> bytes:
        return ok(b"bad", "422 Unprocessable Content")

    with serving(wrong) as served:
        found = asyncio.run(crowd(replace(served.target, bodies=(b"{}",)), 600, idle_seconds=0.2, rate=3000))
        assert served.connections == 600
    assert (found.opened, found.open_at_once) == (600, 600)
    assert found.answers == {422: 600}
    assert found.texts == {"bad": 600}


def test_a_crowd_that_is_sent_away_is_told() -> None:
    async def wrong(number: int, body: bytes) -> bytes:
        return b""

    with serving(wrong) as served:
        found = asyncio.run(crowd(Target(HOST, (b"{}",), port=served.port), 20, idle_seconds=0, rate=1000))
    assert found.answers == {0: 20}
