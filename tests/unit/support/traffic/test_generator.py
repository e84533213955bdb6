"""The load generator against a real server on loopback: rates are kept, waits are counted, failures are told.

On a busy machine everything may come later: bounds are those that tell an open loop from a closed one.
"""

from __future__ import annotations

import asyncio
import json
import resource
import time
from collections import Counter

import pytest

from tests.support.traffic.background import Background
from tests.support.traffic.generator import Target, run
from tests.support.traffic.schedule import bursts, constant
from tests.unit.support.traffic.served import HOST, chunked, ok, serving

pytestmark = pytest.mark.timeout(60)


async def at_once(number: int, body: bytes) -> bytes:
    return ok()


def test_each_request_is_whole_and_bodies_come_in_turns() -> None:
    with serving(at_once) as served:
        traffic = run(served.target, constant(200, 0.1))
    assert (traffic.asked, traffic.statuses) == (20, {200: 20})
    assert served.heads[0].startswith(f"POST /predict HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n")
    assert Counter(served.bodies) == {b'{"inputs": [1]}': 10, b'{"inputs": [2]}': 10}


def test_a_rate_is_kept() -> None:
    with serving(at_once) as served:
        traffic = run(served.target, constant(400, 1.5))
    assert traffic.asked == len(traffic.samples) == 600
    assert 1.4 < served.moments[-1] - served.moments[0] < 2.5


def test_a_rate_is_kept_by_a_service_that_is_slower() -> None:
    """A closed loop of one connection would send two a second."""

    async def slow(number: int, body: bytes) -> bytes:
        await asyncio.sleep(0.5)
        return ok()

    with serving(slow) as served:
        traffic = run(served.target, constant(100, 1))
    assert traffic.asked == 100
    assert 0.9 < served.moments[-1] - served.moments[0] < 2
    assert 0.5 <= traffic.percentile(50) < 1.2


def test_who_was_due_while_the_service_stood_still_waited_from_then_on() -> None:
    """What a closed loop omits: one request sees the pause there, and a hundred do here."""

    async def stands_still(number: int, body: bytes) -> bytes:
        if number == 100:
            # The whole loop of the server, so that no connection is served.
            time.sleep(0.6)
        return ok()

    with serving(stands_still) as served:
        traffic = run(served.target, constant(200, 1.2))
    waited = [sample.seconds for sample in traffic.samples if 0.52 <= sample.at < 1.05]
    assert len(waited) > 90
    # Evenly from the whole pause down to nothing.
    assert sum(waited) / len(waited) > 0.2
    assert traffic.percentile(99) > 0.45


def test_a_wait_for_a_connection_counts() -> None:
    async def slow(number: int, body: bytes) -> bytes:
        await asyncio.sleep(0.1)
        return ok()

    with serving(slow) as served:
        traffic = run(served.target, bursts(1, 0.5, size=10, every=0.2), connections=1)
        assert served.connections == 1
    # One after the other: 21 requests of 0.1 s each, the last of them due at 0.4 s.
    assert traffic.asked == 21
    assert 1.6 < max(sample.seconds for sample in traffic.samples) < 4


def test_connections_are_kept() -> None:
    with serving(at_once) as served:
        run(served.target, constant(100, 0.5))
        # One, and a few more where the machine is busy.
        assert served.connections < 15


def test_a_connection_that_is_closed_by_an_answer_is_replaced() -> None:
    async def closing(number: int, body: bytes) -> bytes:
        return ok(head="Connection: close\r\n")

    with serving(closing) as served:
        traffic = run(served.target, constant(50, 0.2))
        assert served.connections == 10
    assert traffic.statuses == {200: 10}


def test_other_answers_are_failures_with_their_text() -> None:
    async def sometimes(number: int, body: bytes) -> bytes:
        return ok(b'{"error": "NaN"}', "500 Internal Server Error") if number % 4 == 0 else ok()

    with serving(sometimes) as served:
        traffic = run(served.target, constant(200, 0.2))
    assert traffic.statuses == {200: 30, 500: 10}
    assert {sample.said for sample in traffic.failures} == {'{"error": "NaN"}'}
    assert '10 x 500 {"error": "NaN"}' in str(traffic)


def test_no_answer_is_a_failure() -> None:
    async def cut_off(number: int, body: bytes) -> bytes:
        return b"" if number == 3 else ok()

    with serving(cut_off) as served:
        traffic = run(served.target, constant(100, 0.1))
    assert traffic.statuses == {200: 9, 0: 1}
    assert "connection closed before the answer" in traffic.failures[0].said


def test_half_an_answer_is_a_failure() -> None:
    async def half(number: int, body: bytes) -> bytes:
        return b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nhalf"

    with serving(half) as served:
        traffic = run(served.target, constant(100, 0.05))
    assert traffic.statuses == {0: 5}


def test_something_else_than_http_is_a_failure() -> None:
    async def nonsense(number: int, body: bytes) -> bytes:
        return b"SSH-2.0-OpenSSH\r\n\r\n"

    with serving(nonsense) as served:
        traffic = run(served.target, constant(100, 0.05))
    assert traffic.statuses == {0: 5}
    assert "not an answer" in traffic.failures[0].said


def test_what_takes_too_long_is_given_up() -> None:
    async def never(number: int, body: bytes) -> bytes:
        await asyncio.sleep(30)
        return ok()

    start = time.monotonic()
    with serving(never) as served:
        traffic = run(served.target, constant(20, 0.2), patience=0.3)
    assert time.monotonic() - start < 15
    assert traffic.statuses == {0: 4}
    assert {sample.said for sample in traffic.failures} == {"no answer in 0.3 s"}
    assert traffic.percentile(50) == float("inf")


def test_nobody_there_is_a_failure_each() -> None:
    with serving(at_once) as served:
        target = served.target
    traffic = run(target, constant(100, 0.1))
    assert traffic.statuses == {0: 10}
    assert all("no connection" in sample.said for sample in traffic.failures)


def test_answers_in_chunks_and_in_pieces_are_read() -> None:
    async def pieces(number: int, body: bytes) -> bytes:
        return chunked(b'{"version"', b': "', b'4"}')

    with serving(pieces) as served:
        target = Target(HOST, [b"{}"], port=served.port, read=lambda body: str(json.loads(body)["version"]))
        traffic = run(target, constant(100, 0.1))
    assert traffic.said == {"4": 10}


def test_a_large_answer_comes_in_many_pieces() -> None:
    async def large(number: int, body: bytes) -> bytes:
        return ok(b"x" * 3_000_000)

    with serving(large) as served:
        target = Target(HOST, [b"{}"], port=served.port, read=lambda body: str(len(body)))
        traffic = run(target, constant(20, 0.2))
    assert traffic.said == {"3000000": 4}


def test_it_goes_on_beside_a_test_until_that_ends() -> None:
    with serving(at_once) as served, Background(served.target, constant(100)) as load:
        load.wait(0.5)
        assert 10 <= len(load.traffic.samples) <= 70
        middle = load.now
        load.wait(0.5)
        assert len(load.traffic.between(since=middle)) >= 10
    ended = load.traffic.asked
    time.sleep(0.2)
    assert load.traffic.asked == ended == len(load.traffic.samples)
    assert not load.traffic.failures


def test_its_end_waits_for_what_is_under_way() -> None:
    async def slow(number: int, body: bytes) -> bytes:
        await asyncio.sleep(0.4)
        return ok()

    with serving(slow) as served, Background(served.target, constant(50)) as load:
        load.wait(0.3)
    assert load.traffic.asked == len(load.traffic.samples) >= 1
    assert load.traffic.statuses == {200: load.traffic.asked}


def test_it_is_cheap() -> None:
    """Server and generator share this process: both together need well under a millisecond a request."""
    with serving(at_once) as served:
        before = resource.getrusage(resource.RUSAGE_SELF)
        traffic = run(served.target, constant(1000, 2))
        after = resource.getrusage(resource.RUSAGE_SELF)
    assert traffic.statuses == {200: 2000}
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert used / 2000 < 0.0008
