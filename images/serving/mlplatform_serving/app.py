"""The ASGI application: a few paths, each request counted from its head to its answer."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from .answers import Gone, Receive, Refused, Scope, Send, send
from .bodies import read, refuse
from .metrics import CONTENT_TYPE, Metrics
from .settings import Settings
from .stats import Stats

GONE = 499
"""The status that proxies count clients by that didn't wait."""
MOST_WAITING = 1_000
"""Requests at the same time; more could only wait for each other. To be asked too much is no error of the model."""
PATHS = "POST /predict, POST /feedback, GET /livez, /readyz, /stats, /metrics"
PROBE = b"x-mlplatform-probe"
"""A header of the controller's own requests: answered as any, but neither logged nor part of the model's scores."""
FORWARDED = b"x-forwarded-for"
"""Who has this came through the ingress and isn't the controller, whatever else is said."""


@dataclass(frozen=True)
class Asked:
    """A request besides its body."""

    request_id: bytes
    probe: bool
    began: float

    @property
    def elapsed(self) -> float:
        """Seconds since it came."""
        return time.monotonic() - self.began


def asked(scope: Scope, began: float) -> Asked:
    """What is known of a request."""
    headers = dict(scope["headers"])
    return Asked(headers.get(b"x-request-id", b""), PROBE in headers and FORWARDED not in headers, began)


class Answering(Protocol):
    """What answers once it is ready."""

    async def predict(self, body: bytes, asked: Asked) -> bytes:
        """The answer to a body."""

    def example(self) -> bytes:
        """A body that it answers; empty if none is known."""

    def feedback(self, body: bytes) -> bytes:
        """Note what became of an answer."""


class App:
    """Lives at once; ready and answering when somebody says so."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stats = Stats()
        self.metrics = Metrics(settings.service, lambda: self.stats.in_flight)
        self.answering: Answering | None = None
        self.ready = False
        self.state = "the model is being loaded"
        self.ending = False

    async def __call__(self, scope: Scope, receive: Receive, to: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return
        path, method = scope["path"], scope["method"]
        if method in ("GET", "HEAD") and (look := self.looks().get(path)):
            await look(to)
        elif path == "/example" and method == "GET":
            await self._example(scope, receive, to)
        elif path == "/predict":
            await self.counted(scope, receive, to, self._predict)
        elif path == "/feedback":
            await self.told(scope, receive, to, self._feedback)
        else:
            await self.other(scope, receive, to)

    def looks(self) -> dict[str, Callable[[Send], Awaitable[None]]]:
        """What is asked of the pod itself."""
        return {"/livez": self._live, "/readyz": self._ready, "/stats": self._stats, "/metrics": self._metrics}

    async def other(self, scope: Scope, receive: Receive, to: Send) -> None:
        """A path that nobody knows."""
        await refuse(scope, receive, to, Refused(404, f"there is no {scope['method']} {scope['path']}", f"use {PATHS}"))

    async def counted(
        self, scope: Scope, receive: Receive, to: Send, call: Callable[[Scope, Receive, float], Awaitable[bytes]]
    ) -> None:
        """A request that counts: it is in flight until it is answered."""
        began, status = self.stats.begin(), GONE
        try:
            # So that those which came at the same time are counted before the first of them computes.
            await asyncio.sleep(0)
            if self.stats.in_flight > MOST_WAITING:
                raise Refused(429, f"more than {MOST_WAITING} requests are waiting here", "try again in a second")
            body = await call(scope, receive, began)
            status = 200
            await send(to, status, body)
        except Refused as refused:
            status = refused.status
            await refuse(scope, receive, to, refused)
        except Gone:
            pass
        except Exception as error:
            status = 500
            print(f"{scope['path']}: {type(error).__name__}: {error}", flush=True)
            await send(to, status, Refused(500, "this service failed", "see the log of its pod").body)
        finally:
            self.metrics.answered(scope["path"], status, self.stats.end(began, status))

    async def told(
        self, scope: Scope, receive: Receive, to: Send, call: Callable[[Scope, Receive], Awaitable[bytes]]
    ) -> None:
        """A request that is answered without the model."""
        try:
            await send(to, 200, await call(scope, receive))
        except Refused as refused:
            await refuse(scope, receive, to, refused)
        except Gone:
            pass

    def now_answering(self, scope: Scope) -> Answering:
        """Who answers a POST.

        Raises:
            Refused: Nobody yet, or it is no POST.
        """
        if scope["method"] != "POST":
            raise Refused(405, f"{scope['path']} takes POST, not {scope['method']}", f"use {PATHS}")
        if self.answering is None:
            raise Refused(503, self.state, "try again in a second")
        return self.answering

    async def _predict(self, scope: Scope, receive: Receive, began: float) -> bytes:
        answering = self.now_answering(scope)
        body = await read(scope, receive, self.settings.max_body_bytes, self.settings.body_seconds)
        return await answering.predict(body, asked(scope, began))

    async def _feedback(self, scope: Scope, receive: Receive) -> bytes:
        answering = self.now_answering(scope)
        return answering.feedback(await read(scope, receive, 65536, self.settings.body_seconds))

    async def _example(self, scope: Scope, receive: Receive, to: Send) -> None:
        """For the controller, who tries a version with it. It may be somebody's data: no one else is given it."""
        outside = any(name == FORWARDED for name, _ in scope["headers"])
        if outside or self.answering is None or not (body := self.answering.example()):
            await self.other(scope, receive, to)
        else:
            await send(to, 200, body)

    async def _live(self, to: Send) -> None:
        await send(to, 200, b'{"live":true}')

    async def _ready(self, to: Send) -> None:
        ready = self.ready and not self.ending
        found: dict[str, Any] = {"ready": ready} if ready else {"ready": ready, "error": self.state}
        await send(to, 200 if ready else 503, json.dumps(found).encode())

    async def _stats(self, to: Send) -> None:
        await send(to, 200, json.dumps(self.stats.read()).encode())

    async def _metrics(self, to: Send) -> None:
        await send(to, 200, self.metrics.text(), [(b"content-type", CONTENT_TYPE)])
