"""What a request is told, and when it is told no: always JSON, always with what would do."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
JSON = [(b"content-type", b"application/json")]
CLOSE = [(b"connection", b"close")]


class Refused(Exception):  # noqa: N818 - an answer, which isn't always an error of ours
    """A request that isn't answered as it wants: status, why, and what would do."""

    def __init__(self, status: int, error: str, fix: str, *, close: bool = False) -> None:
        super().__init__(error)
        self.status, self.error, self.fix, self.close = status, error, fix, close

    @property
    def body(self) -> bytes:
        """As JSON."""
        return json.dumps({"error": self.error, "fix": self.fix}).encode()


class Gone(Exception):  # noqa: N818 - who asked isn't there any more
    """Nobody is there to be answered."""


def wrong(error: str, fix: str) -> Refused:
    """The request isn't one that the model can answer."""
    return Refused(400, error, fix)


async def send(to: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]] = JSON) -> None:
    """A whole answer."""
    sized = [*headers, (b"content-length", str(len(body)).encode())]
    await to({"type": "http.response.start", "status": status, "headers": sized})
    await to({"type": "http.response.body", "body": body})
