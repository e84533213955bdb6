"""One request and its answer, over ASGI: bodies in parts, each waited for no longer than `limits.IDLE_SECONDS`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from . import limits

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = Sequence[tuple[str, str]]


class Gone(Exception):  # noqa: N818 - what happened, not a bug
    """Whoever asked went away, or stopped talking."""


class Exchange:
    """A request that is read and answered once."""

    def __init__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query: str = scope["query_string"].decode("latin-1")
        self._headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self.user = "-"
        self.status = 0
        self.sent = 0

    def header(self, name: str) -> str | None:
        """A header by its name in lower case."""
        return self._headers.get(name)

    async def parts(self) -> AsyncIterator[bytes]:
        """The request's body.

        Raises:
            Gone: It doesn't go on.
        """
        more = True
        while more:
            try:
                message = await asyncio.wait_for(self._receive(), limits.IDLE_SECONDS)
            except TimeoutError:
                raise Gone from None
            if message["type"] == "http.disconnect":
                raise Gone
            more = message.get("more_body", False)
            if body := message.get("body", b""):
                yield body

    async def body(self, most: int) -> bytes | None:
        """All of the request's body; None if it is longer than that."""
        found = b""
        async for part in self.parts():
            found += part
            if len(found) > most:
                return None
        return found

    async def begin(self, status: int, headers: Headers) -> None:
        """Status and headers."""
        self.status = status
        encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await self._send({"type": "http.response.start", "status": status, "headers": encoded})

    async def write(self, part: bytes, *, last: bool = False) -> None:
        """A part of the answer's body.

        Raises:
            Gone: Nobody reads it.
        """
        self.sent += len(part)
        message = {"type": "http.response.body", "body": part, "more_body": not last}
        try:
            await asyncio.wait_for(self._send(message), limits.IDLE_SECONDS)
        except TimeoutError:
            raise Gone from None

    async def answer(self, status: int, text: str = "", headers: Headers = ()) -> None:
        """A short answer in words."""
        body = f"{text}\n".encode() if text else b""
        length = [] if status == 204 else [("content-length", str(len(body)))]
        await self.begin(status, [("content-type", "text/plain; charset=utf-8"), *length, *headers])
        await self.write(body, last=True)

    async def answer_json(self, status: int, value: object) -> None:
        """A short answer for programs."""
        body = json.dumps(value).encode()
        await self.begin(status, [("content-type", "application/json"), ("content-length", str(len(body)))])
        await self.write(body, last=True)
