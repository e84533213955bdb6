"""The body of a request: never more than is allowed, never longer than is allowed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import Any

from .answers import CLOSE, JSON, Gone, Receive, Refused, Scope, Send

LINGER_SECONDS = 3.0
"""A client that still sends is heard to its end so long: who is cut off in the middle may never read why."""


def _header(scope: Scope, name: bytes) -> bytes:
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return b""


async def read(scope: Scope, receive: Receive, most: int, seconds: float) -> bytes:
    """The body.

    Raises:
        Refused: It is too large, which its head may say already, or it doesn't come.
        Gone: The client is.
    """
    length = _header(scope, b"content-length")
    if length.isdigit() and int(length) > most:
        raise too_large(most)
    message = await _next(receive, seconds)
    first: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(first) > most:
            raise too_large(most)
        return first
    parts, size, end = [first], len(first), time.monotonic() + seconds
    while message.get("more_body"):
        message = await _next(receive, end - time.monotonic())
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise too_large(most)
    return b"".join(parts)


def too_large(most: int) -> Refused:
    """More than `most` bytes."""
    return Refused(
        413, f"the body is larger than {most} bytes", "send fewer inputs at once, in several requests", close=True
    )


async def _next(receive: Receive, seconds: float) -> Any:
    try:
        async with asyncio.timeout(seconds):
            message = await receive()
    except TimeoutError:
        raise Refused(408, "the body didn't come in time", "send it faster, or less at once", close=True) from None
    if message["type"] == "http.disconnect":
        raise Gone
    return message


async def refuse(scope: Scope, receive: Receive, send: Send, refused: Refused) -> None:
    """Say no; to a client that still sends, so that it can hear it."""
    headers = [*JSON, *(CLOSE if refused.close else []), (b"content-length", str(len(refused.body)).encode())]
    if refused.status in (429, 503):
        headers.append((b"retry-after", b"1"))
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": refused.body, "more_body": refused.close})
    if not refused.close:
        return
    # Who waits for our word before it sends has had it.
    if not _header(scope, b"expect"):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while (await receive()).get("more_body"):
                    pass
    await send({"type": "http.response.body", "body": b""})


def parse(body: bytes) -> Any:
    """JSON of a request.

    Raises:
        Refused: It is none, or has numbers that JSON doesn't know.
    """
    fix = 'send JSON such as {"inputs": [...]}'
    try:
        return json.loads(body, parse_constant=_constant)
    except Refused:
        raise
    except RecursionError:
        raise Refused(400, "the body is nested too deeply", fix) from None
    except ValueError as error:
        raise Refused(400, f"the body isn't JSON: {error}", fix) from None


def _constant(text: str) -> Any:
    raise Refused(
        400, f"the body has {text}, which is no number in JSON", "send finite numbers, or null where one is missing"
    )
