"""The activator between hostile clients and pods that fail."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

import pytest

from images.modelservice.modelservice import passing
from images.modelservice.modelservice.gate import FullError, Gate, LateError, Split
from tests.doubles.model_cluster import Behaviour
from tests.unit.images.modelservice.rig import HOST, Rig, rig


def run(what: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(what, 50))


async def serving(found: Rig, behaviour: Behaviour | None = None) -> None:
    found.declare()
    found.pack(1, behaviour)
    await found.until(lambda: found.status.get("phase") == "Ready" and not found.proxied)


async def raw(found: Rig, *parts: bytes, wait: float = 0.0) -> bytes:
    """What the activator says to bytes that come in parts."""
    reader, writer = await asyncio.open_connection("127.0.0.1", found.settings.proxy_port)
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(wait)
    answer = await asyncio.wait_for(reader.read(2000), 20)
    writer.close()
    return answer


async def through(found: Rig, body: Any, **more: Any) -> tuple[int, dict[str, Any]]:
    url = f"http://127.0.0.1:{found.settings.proxy_port}/predict"
    async with found.session.post(url, data=body, headers={"Host": HOST}, **more) as answer:
        return answer.status, await answer.json()


def test_it_passes_on_what_comes_whole_or_in_parts() -> None:
    async def parts() -> Any:
        for _ in range(5):
            yield b"x" * 500_000

    async def body() -> None:
        async with rig() as found:
            await serving(found)
            assert (await through(found, b"{}"))[0] == 200
            assert (await through(found, parts()))[0] == 200

    run(body())


def test_who_it_does_not_know_is_told() -> None:
    async def body() -> None:
        async with rig() as found:
            url = f"http://127.0.0.1:{found.settings.proxy_port}/"
            async with found.session.get(url, headers={"Host": "nobody.localhost"}) as answer:
                assert answer.status == 404
                assert "nobody.localhost" in (await answer.json())["error"]

    run(body())


def test_too_large_a_body_is_refused_before_it_is_read() -> None:
    async def body() -> None:
        async with rig(max_body=1_000_000) as found:
            await serving(found)
            head = f"POST /predict HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 100000000\r\n\r\n".encode()
            assert b" 413 " in (await raw(found, head)).split(b"\r\n")[0]

            async def parts() -> Any:
                for _ in range(10):
                    yield b"x" * 500_000

            assert (await through(found, parts()))[0] == 413
            assert (await found.ask())[0] == 200

    run(body())


def test_a_client_that_stops_in_the_middle_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passing, "BODY_SECONDS", 0.3)

    async def body() -> None:
        async with rig() as found:
            await serving(found)
            for length in ("Content-Length: 50", "Content-Length: 5000000", "Transfer-Encoding: chunked"):
                head = f"POST /predict HTTP/1.1\r\nHost: {HOST}\r\n{length}\r\n\r\n".encode()
                assert b" 408 " in (await raw(found, head)).split(b"\r\n")[0], length

    run(body())


def test_requests_beyond_the_queue_are_told_to_come_again() -> None:
    async def body() -> None:
        async with rig(max_waiting=5, wait_seconds=1.0) as found:
            found.declare()
            found.pack(1, Behaviour(start=float("inf")))
            await found.until(lambda: found.led)
            answers = await asyncio.gather(*(found.ask() for _ in range(9)))
            errors = sorted(told["error"] for _, told in answers)
            assert {status for status, _ in answers} == {503}
            assert sum("too many requests wait" in error for error in errors) == 4
            assert sum("no pod could answer in 1 s" in error for error in errors) == 5

    run(body())


def test_a_pod_that_is_gone_is_passed_over() -> None:
    async def body() -> None:
        async with rig() as found:
            found.declare(replicas={"min": 2, "max": 2})
            found.pack(1)
            await found.until(lambda: len(found.led) == 2)
            pod = next(iter(found.cluster.pods.values()))
            # Nobody has told the API server.
            await pod.stop()
            answers = [await through(found, b"{}") for _ in range(20)]
            assert {status for status, _ in answers} == {200}

    run(body())


def test_a_client_that_leaves_waits_no_more() -> None:
    async def body() -> None:
        async with rig() as found:
            found.declare()
            found.pack(1, Behaviour(start=float("inf")))
            await found.until(lambda: found.led)
            gate = found.controller.gate(HOST)
            assert gate
            asking = asyncio.create_task(found.ask())
            await found.until(lambda: gate.waiting == 1)
            asking.cancel()
            await found.until(lambda: gate.waiting == 0)

    run(body())


def gate(**more: Any) -> Gate:
    return Gate(lambda: None, **more)


@pytest.mark.parametrize("weight", [1, 10, 33, 50])
def test_a_new_version_never_gets_more_than_its_share(weight: int) -> None:
    async def body() -> None:
        found = gate()
        found.update([("a", "old"), ("b", "new")], Split("old", "new", weight))
        new = 0
        for asked in range(1, 1001):
            backend = await found.enter(1)
            new += backend.mark == "new"
            assert new <= asked * weight / 100 + 1e-9
            found.leave(backend)
        assert new >= 10 * weight - 2

    run(body())


def test_what_a_new_version_could_not_take_is_not_saved_up() -> None:
    async def body() -> None:
        found = gate()
        found.update([("a", "old")], Split("old", "new", 50))
        for _ in range(100):
            found.leave(await found.enter(1))
        found.update([("a", "old"), ("b", "new")], Split("old", "new", 50))
        marks = []
        for _ in range(10):
            backend = await found.enter(1)
            marks.append(backend.mark)
            found.leave(backend)
        assert marks.count("new") <= 6

    run(body())


def test_requests_wait_in_order_and_go_when_a_pod_comes() -> None:
    async def body() -> None:
        called = []
        found = Gate(lambda: called.append(1), limit=3)
        order: list[int] = []

        async def one(number: int) -> None:
            backend = await found.enter(5)
            order.append(number)
            found.leave(backend)

        waiting = [asyncio.create_task(one(number)) for number in range(3)]
        await asyncio.sleep(0)
        assert (found.waiting, len(called)) == (3, 3)
        with pytest.raises(FullError):
            await found.enter(1)
        found.update([("a", "v")], Split("v"))
        await asyncio.gather(*waiting)
        assert order == [0, 1, 2]
        assert found.in_flight == 0

    run(body())


def test_a_pod_gets_no_more_than_it_has_room_for() -> None:
    async def body() -> None:
        found = gate(room=2)
        found.update([("a", "v")], Split("v"))
        first, _ = await found.enter(1), await found.enter(1)
        begun = time.monotonic()
        with pytest.raises(LateError):
            await found.enter(0.05)
        assert time.monotonic() - begun < 1
        waiting = asyncio.create_task(found.enter(5))
        await asyncio.sleep(0)
        found.leave(first)
        assert (await waiting).address == "a"

    run(body())


def test_one_that_is_asked_of_stable_alone_is_not_given_the_new_one() -> None:
    async def body() -> None:
        found = gate()
        found.update([("a", "old"), ("b", "new")], Split("old", "new", 50))
        backends = [await found.enter(1, stable_only=True) for _ in range(20)]
        assert {backend.mark for backend in backends} == {"old"}

    run(body())


def test_nobody_waits_for_a_service_that_is_removed() -> None:
    async def body() -> None:
        found = gate()
        waiting = asyncio.create_task(found.enter(30))
        await asyncio.sleep(0)
        found.shut("gone")
        with pytest.raises(LateError):
            await waiting

    run(body())
