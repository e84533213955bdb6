"""Controllers take turns."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest

from images.modelservice.modelservice import lease as module
from images.modelservice.modelservice.kube import Kube
from images.modelservice.modelservice.lease import Lease, LostError
from tests.doubles.model_cluster import ModelCluster
from tests.support.ports import free_port

PATH = "/apis/coordination.k8s.io/v1/namespaces/mlp-platform/leases/serving"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD_SECONDS", 0.6)
    monkeypatch.setattr(module, "RENEW_SECONDS", 0.1)
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.05)


def run(what: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(what, 20))


@contextlib.asynccontextmanager
async def two() -> AsyncIterator[tuple[ModelCluster, Lease, Lease]]:
    async with ModelCluster(free_port()) as cluster, Kube(cluster.url) as kube:
        yield cluster, Lease(kube, "mlp-platform", "serving", "a"), Lease(kube, "mlp-platform", "serving", "b")


async def waits(lease: Lease, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(lease.take(), seconds)
        return False
    return True


def test_the_next_one_waits_until_the_one_before_lets_go() -> None:
    async def body() -> None:
        async with two() as (_, first, second):
            await first.take()
            keeping = asyncio.create_task(first.keep())
            assert await waits(second, 1.0)
            keeping.cancel()
            await first.let_go()
            assert not await waits(second, 0.3)

    run(body())


def test_one_that_is_not_heard_of_is_waited_for_no_longer() -> None:
    async def body() -> None:
        async with two() as (_, first, second):
            await first.take()
            assert await waits(second, 0.3)
            assert not await waits(second, 1.0)
            with pytest.raises(LostError, match="b steers now"):
                await first.keep()
            await first.let_go()
            assert await waits(first, 0.2)

    run(body())


def test_one_that_starts_anew_goes_on_at_once() -> None:
    async def body() -> None:
        async with two() as (_, first, _second):
            await first.take()
            assert not await waits(first, 0.1)

    run(body())


def test_of_two_at_once_one_gets_it() -> None:
    async def body() -> None:
        async with two() as (cluster, first, second):
            taken = await asyncio.gather(waits(first, 0.4), waits(second, 0.4))
            assert sorted(taken) == [False, True]
            assert cluster.objects[PATH]["spec"]["holderIdentity"] in ("a", "b")

    run(body())


def test_an_api_server_that_is_away_for_a_moment_costs_nobody_the_turn() -> None:
    async def body() -> None:
        async with two() as (cluster, first, _):
            await first.take()
            keeping = asyncio.create_task(first.keep())
            cluster.fail = lambda method, path: 503
            await asyncio.sleep(0.3)
            cluster.fail = lambda method, path: None
            await asyncio.sleep(0.3)
            assert not keeping.done()
            keeping.cancel()

    run(body())
