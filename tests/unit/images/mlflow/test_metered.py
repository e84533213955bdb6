from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import pytest

from images.mlflow.metered import Metered, handler_of

Message = MutableMapping[str, Any]


async def app(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    if scope["type"] == "lifespan":
        return
    if scope["path"] == "/api/broken":
        raise RuntimeError
    await send({"type": "http.response.start", "status": 401 if scope["path"] == "/api/secret" else 200})


def ask(metered: Metered, path: str, kind: str = "http") -> None:
    async def receive() -> Message:
        return {}

    async def send(_: Message) -> None:
        return None

    # Not `asyncio.run`, which takes away the loop that Pulumi's SDK has in other tests of the process.
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(metered({"type": kind, "path": path, "method": "GET"}, receive, send))
    finally:
        loop.close()


def test_answers_are_counted_by_what_was_asked_and_how_it_ended() -> None:
    metered = Metered(app)
    for path in ("/api/2.0/mlflow/runs", "/api/secret", "/health", "/anything/else"):
        ask(metered, path)
    ask(metered, "", "lifespan")
    with pytest.raises(RuntimeError):
        ask(metered, "/api/broken")
    lines = metered.metrics().splitlines()
    for handler, status in (("/api", 200), ("/api", 401), ("/api", 500), ("/health", 200), ("other", 200)):
        assert f'mlflow_http_requests_total{{method="GET",handler="{handler}",status="{status}"}} 1' in lines
    assert 'mlflow_http_request_duration_seconds_bucket{handler="/api",le="+Inf"} 3' in lines
    assert 'mlflow_http_request_duration_seconds_count{handler="/api"} 3' in lines
    assert "mlflow_http_requests_in_progress 0" in lines
    assert any(re.fullmatch(r"process_resident_memory_bytes [1-9]\d+", line) for line in lines)


def test_no_client_makes_series_without_end() -> None:
    assert handler_of("/api/2.0/mlflow-artifacts/artifacts/x/y") == "/api/2.0/mlflow-artifacts"
    assert handler_of("/apix") == handler_of("/x" * 1000) == "other"
