"""A load that goes on while a test does something else."""

from __future__ import annotations

import asyncio
import threading
import time
from types import TracebackType

from tests.support.traffic.figures import Traffic
from tests.support.traffic.generator import CONNECTIONS, PATIENCE, Load, Target
from tests.support.traffic.schedule import Schedule

STARTED_SECONDS = 10


class Background:
    """`with Background(target, constant(20)) as load: ...`, in a thread with a loop of its own.

    At the end of the block nothing more is sent, and what is under way is awaited.
    """

    def __init__(
        self, target: Target, schedule: Schedule, connections: int = CONNECTIONS, patience: float = PATIENCE
    ) -> None:
        self._given = (target, schedule, connections, patience)
        self._begun = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._load: Load | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def _run(self) -> None:
        self._loop, self._load = asyncio.get_running_loop(), Load(*self._given)
        running = asyncio.ensure_future(self._load.run())
        # Its first step sets the moment that everything counts from.
        await asyncio.sleep(0)
        self._begun.set()
        await running

    @property
    def load(self) -> Load:
        """The load itself."""
        assert self._load is not None, "it hasn't begun"
        return self._load

    @property
    def traffic(self) -> Traffic:
        """What has come of it so far."""
        return self.load.traffic

    @property
    def now(self) -> float:
        """Seconds since it began."""
        return self.load.now

    def wait(self, seconds: float) -> None:
        """Let it go on for so long."""
        time.sleep(seconds)

    def __enter__(self) -> Background:
        self._thread.start()
        assert self._begun.wait(STARTED_SECONDS), "the load didn't begin"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self.load.stop)
        self._thread.join(self._given[3] + STARTED_SECONDS)
