"""A small HTTP server on loopback that does what a test tells it, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.traffic.generator import Target

HOST = "model.localhost"


@dataclass
class Served:
    """What it saw; `answer` gets the number of the request and its body."""

    answer: Callable[[int, bytes], Awaitable[bytes]]
    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    """When each request was there, by the loop's clock."""
    connections: int = 0
    port: int = 0

    @property
    def target(self) -> Target:
        return Target(HOST, [b'{"inputs": [1]}', b'{"inputs": [2]}'], port=self.port)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                size = next((int(line[15:]) for line in head.split("\r\n") if line.startswith("Content-Length:")), 0)
                body = await reader.readexactly(size)
                self.moments.append(asyncio.get_running_loop().time())
                self.heads.append(head)
                self.bodies.append(body)
                given = await self.answer(len(self.heads), body)
                if not given:
                    return
                writer.write(given)
                await writer.drain()
                if b"Connection: close" in given:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextmanager
def serving(answer: Callable[[int, bytes], Awaitable[bytes]], handler: Handler | None = None) -> Iterator[Served]:
    """The server while the block runs; a handler is in charge of the whole connection."""
    served, ready, end = Served(answer), threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        server = await asyncio.start_server(handler or served.handle, "127.0.0.1", 0, backlog=1000)
        served.port = server.sockets[0].getsockname()[1]
        ready.set()
        await end.wait()
        server.close()
        # Handlers that wait for more, or take their time.
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    def run() -> None:
        loop.run_until_complete(serve())
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield served
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(10)


def ok(body: bytes = b'{"version": "3"}', status: str = "200 OK", head: str = "") -> bytes:
    """An answer with its length."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body


def chunked(*parts: bytes) -> bytes:
    """An answer in chunks."""
    body = b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in (*parts, b""))
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body
