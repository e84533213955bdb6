"""What pods say of themselves, read for several services by turns."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import aiohttp
import pytest
from aiohttp import web

from images.modelservice.modelservice.stats import Readings, Stats

REQUESTS = 40


@pytest.fixture
def told() -> Iterator[dict[str, float]]:
    """What the pod says now."""
    yield {"busy_seconds": 10.0, "requests": 100, "in_flight": 0}


def test_a_look_at_another_services_pods_forgets_nothing(told: dict[str, float]) -> None:
    async def look() -> None:
        async def tell(_: web.Request) -> web.Response:
            return web.json_response(told)

        app = web.Application()
        app.router.add_get("/stats", tell)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        async with aiohttp.ClientSession() as session:
            stats = Stats(session, port)
            one, other = Readings(stats), Readings(stats)
            await one.look(["127.0.0.1"])
            await other.look([])
            told.update(busy_seconds=11.0, requests=100 + REQUESTS)
            use = await one.look(["127.0.0.1"])
        await runner.cleanup()
        # Nobody is in flight at either look, and yet there were requests.
        assert use.asked
        assert use.concurrency > 0

    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(look())
    finally:
        loop.close()
