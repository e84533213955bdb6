"""What means no good to a service gets a clear 4xx, or nothing in time; who asks beside it is always answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from tests.e2e.serving.conftest import First, Say
from tests.support.traffic.background import Background
from tests.support.traffic.generator import Target
from tests.support.traffic.hostile import Ended, crowd_apart, exchange, head, pieces_of
from tests.support.traffic.schedule import constant

RATE = 10
MB = 10**6
LARGE = 100 * MB
UNAFFECTED_SECONDS = 1.0
"""Within that 95 of 100 are answered who ask beside a crowd."""
CROWD, IDLE_SECONDS, ASKING = 10_000, 2.0, 700

WRONG: dict[str, bytes] = {
    "nothing": b"",
    "not-json": b"{not json",
    "not-text": b"\xff\xfe\x00",
    "not-an-object": b"[1, 2]",
    "no-inputs": b"{}",
    "inputs-not-a-list": b'{"inputs": {"history": [1]}}',
    "no-row": b'{"inputs": []}',
    "row-without-its-column": b'{"inputs": [{"other": [1]}]}',
    "unknown-column": b'{"inputs": [{"history": [1], "other": 2}]}',
    "text-for-a-number": b'{"inputs": [{"history": ["a"]}]}',
    "fraction-for-a-whole-number": b'{"inputs": [{"history": [1.5]}]}',
    "null-for-a-number": b'{"inputs": [{"history": [null]}]}',
    "NaN": b'{"inputs": [{"history": [NaN]}]}',
    "Infinity": b'{"inputs": [{"history": [-Infinity]}]}',
    "too-large-a-number": b'{"inputs": [{"history": [99999999999999999999999]}]}',
    "endless-number": b'{"inputs": [{"history": [' + b"9" * 100_000 + b"]}]}",
    "unknown-parameter": b'{"inputs": [{"history": [1]}], "params": {"q": 1}}',
    "parameter-of-another-kind": b'{"inputs": [{"history": [1]}], "params": {"k": "ten"}}',
    "deep": b"[" * 100_000,
}


@pytest.fixture(scope="module")
def asking(first: First, say: Say) -> Iterator[Background]:
    """Somebody who asks as one should, from the first test to the last."""
    with Background(first.service.target(), constant(RATE)) as load:
        yield load


@pytest.fixture(scope="module")
def target(first: First) -> Target:
    return first.service.target()


def refused(found: Ended) -> str:
    """The words of a refusal that says what is wrong and what would do."""
    assert 400 <= found.status < 500, f"{found.status} {found.text[:300]}"
    said = json.loads(found.text)
    assert said["error"]
    assert said["fix"]
    return str(said["error"])


@pytest.mark.timeout(60)
@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_request_is_refused_clearly(what: str, target: Target, asking: Background) -> None:
    request = head(target, len(WRONG[what])) + WRONG[what]
    refused(asyncio.run(exchange(target, request)))


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/predict", 405), ("POST", "/nowhere", 404)])
def test_what_is_not_there_is_said(method: str, path: str, status: int, target: Target, asking: Background) -> None:
    elsewhere = replace(target, method=method, path=path)
    found = asyncio.run(exchange(elsewhere, elsewhere.request(b"{}")))
    refused(found)
    assert found.status == status


@pytest.mark.timeout(60)
@pytest.mark.parametrize("how", ["by-its-length", "while-it-comes"])
def test_a_body_of_100_mb_is_refused_without_being_read(how: str, target: Target, asking: Background, say: Say) -> None:
    if how == "by-its-length":
        first, rest = head(target, LARGE), pieces_of(LARGE)
    else:
        first = head(target, 0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        rest = chunks_of(LARGE)
    found = asyncio.run(exchange(target, first, rest))
    say(f"a body of 100 MB ({how}): {found.status} after {found.seconds:.2f} s and {found.sent / MB:.1f} MB")
    assert found.status == 413
    refused(found)
    # What was on its way when the answer came is thrown away unread; the rest was never sent.
    assert found.sent < LARGE


async def chunks_of(size: int) -> AsyncIterator[bytes]:
    """A body of a length that nobody was told."""
    async for piece in pieces_of(size):
        yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n"


@pytest.mark.timeout(90)
@pytest.mark.parametrize("what", ["head", "body"])
def test_slow_clients_are_not_waited_for(what: str, first: First, asking: Background, say: Say) -> None:
    found = first.slow[what].end()
    say(f"a client that sends its {what} a byte a second: {found.status or 'closed'} after {found.seconds:.0f} s")
    assert found.closed
    assert found.status in (0, 400, 408)


@pytest.mark.timeout(150)
def test_a_crowd_of_10_000_is_answered_and_in_nobodys_way(target: Target, asking: Background, say: Say) -> None:
    since = asking.now
    found = crowd_apart(replace(target, bodies=(b"{}",)), CROWD, IDLE_SECONDS, ASKING)
    until = asking.now
    p95 = asking.traffic.percentile(95, since, until)
    say(
        f"{CROWD} connections: {found.open_at_once} open at once, answered {dict(found.answers)} "
        f"in {until - since:.0f} s; who asks beside: 95% within {p95 * 1000:.0f} ms"
    )
    assert p95 < UNAFFECTED_SECONDS
    assert found.open_at_once == CROWD
    # 429 where too many wait already.
    assert found.answers.total() == CROWD
    assert set(found.answers) <= {400, 429}, found.answers
    assert all(text.startswith('{"error"') for text in found.texts)


@pytest.mark.timeout(60)
def test_who_asked_beside_was_always_answered(asking: Background, say: Say) -> None:
    asking.wait(1)
    traffic = asking.traffic
    say(f"beside all that: {len(traffic.samples)} requests, {len(traffic.failures)} failed; {traffic.lines()[1]}")
    assert len(traffic.samples) > RATE * 10
    assert not traffic.failures, str(traffic)
