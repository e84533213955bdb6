"""An open loop of HTTP/1.1 requests over connections that are kept alive: each is sent when it is due, by a schedule.

One process sends some thousand requests a second with a fraction of a core: no task a request, no HTTP library.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.support.traffic.answers import Answer, MalformedError, cut
from tests.support.traffic.figures import MICROSECONDS, NO_ANSWER, Sample, Traffic
from tests.support.traffic.schedule import Schedule

CONNECTIONS = 256
PATIENCE = 30.0
SWEEP_SECONDS = 0.1
NEAR = 0.0005
"""Seconds before it is due from which on a request is sent: timers are no finer than that."""


def unread(body: bytes) -> str:
    """Nothing is noted of an answer."""
    return ""


@dataclass(frozen=True)
class Target:
    """What is asked and of whom."""

    host: str
    """What the Host header says, such as keywords-search.localhost."""
    bodies: Sequence[bytes] = (b"",)
    """In turns."""
    path: str = "/predict"
    method: str = "POST"
    address: str = "127.0.0.1"
    port: int = 8080
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Besides, such as what opens it."""
    read: Callable[[bytes], str] = field(default=unread, compare=False)
    """What to note of the body of an answer 2xx, such as the version that gave it."""

    def request(self, body: bytes) -> bytes:
        """The bytes of a request."""
        head = f"{self.method} {self.path} HTTP/1.1\r\nHost: {self.host}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        return f"{head}\r\n".encode() + body


class Load:
    """One run of a schedule.

    Args:
        target: What is asked.
        schedule: When; it may be without an end.
        connections: At most so many at once. Where all are taken a request waits, and its latency counts from when
            it was due.
        patience: Seconds after which a request that was sent is given up.
    """

    def __init__(
        self, target: Target, schedule: Schedule, connections: int = CONNECTIONS, patience: float = PATIENCE
    ) -> None:
        self.target, self.patience, self.limit = target, patience, connections
        self.traffic = Traffic()
        self._schedule = schedule
        self._requests = itertools.cycle([target.request(body) for body in target.bodies])
        self._idle: list[_Connection] = []
        self._all: set[_Connection] = set()
        self._opening = 0
        self._waiting: deque[float] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._left = asyncio.Event()
        self._stop = asyncio.Event()
        self.start = 0.0

    def stop(self) -> None:
        """Nothing more is due; what is under way is awaited. From the loop's own thread."""
        self._stop.set()

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.start

    async def run(self) -> Traffic:
        """Send all, and wait for the last answer."""
        self.start = time.monotonic()
        sweep = asyncio.create_task(self._sweep())
        try:
            await self._pace()
            while len(self.traffic.samples) < self.traffic.asked:
                self._left.clear()
                await self._left.wait()
        finally:
            sweep.cancel()
            for connection in self._all.copy():
                connection.close()
        return self.traffic

    async def _pace(self) -> None:
        for at in self._schedule:
            while (wait := at - self.now) > NEAR and not self._stop.is_set():
                # The longest pause after which a stop is noticed.
                await asyncio.sleep(min(wait, SWEEP_SECONDS))
            if self._stop.is_set():
                return
            self.traffic.asked += 1
            self.traffic.late.record_value(max(1, int((self.now - at) * MICROSECONDS)))
            self._waiting.append(at)
            self._hand_on()
            if self.traffic.asked % 64 == 0:
                # A generator that is behind its schedule still reads what comes.
                await asyncio.sleep(0)

    def _hand_on(self) -> None:
        while self._waiting and self._idle:
            self._idle.pop().send(next(self._requests), self._waiting.popleft())
        while self._opening < len(self._waiting) and len(self._all) + self._opening < self.limit:
            self._opening += 1
            task = asyncio.create_task(self._open())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            made = loop.create_connection(lambda: _Connection(self), self.target.address, self.target.port)
            async with asyncio.timeout(self.patience):
                _, connection = await made
            if connection.closed:
                raise ConnectionResetError("closed at once")
        except (OSError, TimeoutError) as error:
            self._opening -= 1
            if self._waiting:
                self.ended(self._waiting.popleft(), NO_ANSWER, f"no connection: {error or 'timed out'}")
            self._hand_on()
        else:
            self._opening -= 1
            self._all.add(connection)
            self.free(connection)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            for connection in [one for one in self._all if one.overdue(self.now)]:
                connection.fail(f"no answer in {self.patience:g} s")

    def free(self, connection: _Connection) -> None:
        """A connection can take a request."""
        self._idle.append(connection)
        self._hand_on()

    def gone(self, connection: _Connection) -> None:
        """A connection has ended."""
        self._all.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._hand_on()

    def ended(self, at: float, status: int, said: str) -> None:
        """A request has its answer, or won't have any."""
        self.traffic.samples.append(Sample(at, self.now - at, status, said))
        self._left.set()


class _Connection(asyncio.Protocol):
    """One at a time; no pipelining."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._data = bytearray()
        self._transport: asyncio.Transport | None = None
        self._at: float | None = None
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send(self, request: bytes, at: float) -> None:
        """Send what was due at that moment."""
        assert self._transport is not None
        self._at, self._sent = at, self._load.now
        self._transport.write(request)

    @property
    def closed(self) -> bool:
        """Whether the other side has closed it."""
        return self._transport is None or self._transport.is_closing()

    def overdue(self, now: float) -> bool:
        """Whether an answer takes too long."""
        return self._at is not None and now - self._sent > self._load.patience

    def data_received(self, data: bytes) -> None:
        self._data += data
        self._look()

    def _look(self, ended: bool = False) -> None:
        try:
            answer = cut(self._data, ended)
        except (MalformedError, ValueError) as error:
            self.fail(str(error))
            return
        if answer is None:
            return
        del self._data[: answer.size]
        if answer.status == 100:
            return
        if self._at is None:
            self.close()
            return
        at, self._at = self._at, None
        self._load.ended(at, answer.status, self._noted(answer))
        if answer.keep:
            self._load.free(self)
        else:
            self.close()

    def _noted(self, answer: Answer) -> str:
        if 200 <= answer.status < 300:
            return self._load.target.read(answer.body)
        return answer.body[:300].decode(errors="replace")

    def fail(self, why: str) -> None:
        """The request that is under way gets no answer."""
        at, self._at = self._at, None
        if at is not None:
            self._load.ended(at, NO_ANSWER, why)
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """End it."""
        if self._transport is not None:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._at is not None and self._data and exc is None:
            self._look(ended=True)
        self.fail(f"connection closed before the answer: {exc or 'end of stream'}")
        self._load.gone(self)


def run(target: Target, schedule: Schedule, connections: int = CONNECTIONS, patience: float = PATIENCE) -> Traffic:
    """Send all of a schedule and wait for the answers."""

    async def whole() -> Traffic:
        return await Load(target, schedule, connections, patience).run()

    return asyncio.run(whole())
