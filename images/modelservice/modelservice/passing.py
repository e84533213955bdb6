"""Passes one request on to one pod and its answer back: what HTTP asks of a proxy, no more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

REPLAYABLE = (1 << 20) - 1
"""Bytes of a body that is kept until the answer is there, so that another pod can be asked."""
SMALL = 64 << 10
BODY_SECONDS = 10.0
"""Longest pause of a client in the middle of its body."""
ANSWER_SECONDS = 120.0
HOPS = frozenset(
    ("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect")
)
_OWN = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class TooLargeError(Exception):
    """The body is larger than what a model pod takes."""


class TooSlowError(Exception):
    """The client stopped in the middle of its body."""


class UnansweredError(Exception):
    """The pod gave no answer: why, and whether the client has seen a part of it."""

    def __init__(self, reason: str, *, begun: bool = False) -> None:
        super().__init__(reason)
        self.begun = begun


class Body:
    """A request's body: whole if it is small, else a stream that can be read once."""

    def __init__(self, request: web.BaseRequest, limit: int) -> None:
        self._request, self._limit = request, limit
        self.whole: bytes | None = None
        self.used = False

    async def prepare(self) -> None:
        """Read it if it is small.

        Raises:
            TooLargeError: It says that it is.
            TooSlowError: It doesn't come.
        """
        length = self._request.content_length
        if length is not None and length > self._limit:
            raise TooLargeError
        if not self._request.can_read_body:
            self.whole = b""
        elif length is not None and length <= REPLAYABLE:
            try:
                self.whole = await asyncio.wait_for(self._request.read(), BODY_SECONDS)
            except TimeoutError:
                raise TooSlowError from None

    @property
    def again(self) -> bool:
        """Whether another pod can be given it."""
        return self.whole is not None or not self.used

    def data(self) -> bytes | AsyncIterator[bytes] | None:
        """As the client of a pod takes it."""
        return (self.whole or None) if self.whole is not None else self._stream()

    async def _stream(self) -> AsyncIterator[bytes]:
        self.used = True
        size = 0
        while True:
            try:
                chunk = await asyncio.wait_for(self._request.content.readany(), BODY_SECONDS)
            except TimeoutError:
                raise TooSlowError from None
            if not chunk:
                return
            size += len(chunk)
            if size > self._limit:
                raise TooLargeError
            yield chunk


def headers(given: CIMultiDict[str] | aiohttp.typedefs.LooseHeaders) -> CIMultiDict[str]:
    """Those that are for the other end, not for the next hop."""
    found = CIMultiDict(given)
    named = {name.strip().lower() for name in found.get("Connection", "").split(",")}
    for name in list(found):
        if name.lower() in HOPS or name.lower() in named:
            found.popall(name, None)
    return found


async def pass_on(
    session: aiohttp.ClientSession, request: web.BaseRequest, body: Body, address: str, port: int
) -> aiohttp.ClientResponse:
    """The pod's answer, of which the head has come.

    Raises:
        UnansweredError: It didn't come.
        TooLargeError: The body turned out to be.
        TooSlowError: The body didn't come.
    """
    sent = headers(request.headers)
    if body.whole is not None:
        sent.popall("Content-Length", None)
    try:
        return await session.request(
            request.method,
            URL(f"http://{address}:{port}{request.raw_path}", encoded=True),
            headers=sent,
            data=body.data(),
            skip_auto_headers=_OWN,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=2, sock_read=ANSWER_SECONDS),
        )
    except aiohttp.ClientConnectorError as error:
        raise UnansweredError(f"no connection: {error.os_error.strerror or 'refused'}") from None
    except (TooLargeError, TooSlowError):
        raise
    except TimeoutError:
        raise UnansweredError("no answer in time") from None
    except (aiohttp.ClientError, OSError) as error:
        for cause in (error, error.__cause__, error.__context__):
            if isinstance(cause, TooLargeError | TooSlowError):
                raise cause from None
        raise UnansweredError(f"it hung up ({type(error).__name__})") from None


async def pass_back(request: web.BaseRequest, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    """The answer, as the client gets it.

    Raises:
        UnansweredError: The pod stopped in the middle.
    """
    given = headers(answer.headers)
    length = answer.content_length
    try:
        if request.method == "HEAD" or (length is not None and length <= SMALL):
            content = await answer.read()
            if request.method != "HEAD":
                given.popall("Content-Length", None)
            return web.Response(status=answer.status, headers=given, body=content)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise UnansweredError(f"it hung up ({type(error).__name__})") from None
    reply = web.StreamResponse(status=answer.status, headers=given)
    await reply.prepare(request)
    try:
        async for chunk in answer.content.iter_any():
            await reply.write(chunk)
    except (aiohttp.ClientPayloadError, TimeoutError) as error:
        raise UnansweredError(f"it hung up ({type(error).__name__})", begun=True) from None
    await reply.write_eof()
    return reply
