"""Takes the requests that no pod can be given directly: holds them while none is ready, and splits them in a canary."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable

import aiohttp
from aiohttp import web

from . import passing
from .gate import Backend, FullError, Gate, LateError
from .passing import Body, TooLargeError, TooSlowError, UnansweredError
from .settings import Settings

TRIES = 3
SAFE = frozenset(("/predict",))
"""What may be asked of another pod after one has failed: asking twice changes nothing."""
RETRY = {"Retry-After": "2"}
Find = Callable[[str], Gate | None]


class Activator:
    """An HTTP server; which service a request is for, its Host header says."""

    def __init__(self, settings: Settings, find: Find) -> None:
        """`find` gives the gate of a host."""
        self._settings, self._find = settings, find
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.ServerRunner | None = None

    async def start(self, address: str = "0.0.0.0") -> None:  # noqa: S104 - a pod's only address
        """Listen."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=3),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )
        server = web.Server(
            self.handle, handler_cancellation=True, access_log=None, lingering_time=2.0, keepalive_timeout=75
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=8)
        await self._runner.setup()
        site = web.TCPSite(self._runner, address, self._settings.proxy_port, backlog=1024)
        await site.start()

    async def stop(self) -> None:
        """No new requests; those that pods have are answered."""
        if self._runner:
            await self._runner.cleanup()
        if self._session:
            await self._session.close()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request."""
        gate = self._find(request.host.partition(":")[0].lower())
        if gate is None:
            return said(404, f"no model service is at {request.host}", "`mlp model list` shows the addresses")
        if not request.raw_path.startswith("/"):
            return said(400, "the request names no path", "ask for a path such as /predict")
        if gate.closed:
            return said(503, gate.closed, "`mlp model show` says more", RETRY)
        if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= (1, 1):
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = Body(request, self._settings.max_body)
        try:
            await body.prepare()
            return await self._answer(request, body, gate)
        except TooLargeError:
            mib = self._settings.max_body >> 20
            return said(413, f"the request has more than {mib} MiB", "send fewer inputs at once")
        except TooSlowError:
            return said(408, "the request's body didn't come in time", "send it without pauses")
        except FullError:
            return said(503, "too many requests wait for this service", "ask again later", RETRY)
        except LateError:
            why = f": {gate.trouble}" if gate.trouble else ""
            return said(503, f"no pod could answer in {self._settings.wait_seconds:.0f} s{why}", "ask again", RETRY)

    async def _answer(self, request: web.BaseRequest, body: Body, gate: Gate) -> web.StreamResponse:
        until = time.monotonic() + self._settings.wait_seconds
        stable_only, last = False, ""
        for tried in range(TRIES):
            backend = await gate.enter(max(0.1, until - time.monotonic()), stable_only=stable_only)
            final = tried == TRIES - 1
            try:
                reply = await self._one(request, body, gate, backend, final=final)
            except UnansweredError as error:
                if error.begun:
                    raise ConnectionResetError(str(error)) from None
                last = str(error)
                if "no connection" in last:
                    gate.suspect(backend)
                elif not self._repeatable(request, body):
                    break
                if not body.again:
                    break
            else:
                if reply is not None:
                    return reply
                last = "the new version failed"
            finally:
                gate.leave(backend)
            # A new version's failures are its own; who asked gets stable's answer.
            stable_only = stable_only or (backend.mark != gate.split.stable and gate.has_stable())
        return said(502, f"the model's pod gave no answer: {last}", "ask again", RETRY)

    async def _one(
        self, request: web.BaseRequest, body: Body, gate: Gate, backend: Backend, *, final: bool
    ) -> web.StreamResponse | None:
        """What the pod says; None if stable is to be asked instead."""
        if self._session is None:
            raise RuntimeError("it isn't started")
        meter = gate.meter(backend.mark)
        mark = meter.begin()
        try:
            answer = await passing.pass_on(self._session, request, body, backend.address, self._settings.model_port)
            async with answer:
                bad = answer.status >= 500
                replaced = (
                    bad
                    and not final
                    # Also where it was rolled back while it answered.
                    and backend.mark != gate.split.stable
                    and gate.has_stable()
                    and self._repeatable(request, body)
                )
                if replaced:
                    meter.wrong(mark, _reason(answer.status, await answer.content.read(300)))
                    return None
                reply = await passing.pass_back(request, answer)
        except UnansweredError as error:
            meter.wrong(mark, str(error))
            raise
        except BaseException:
            # The client's fault, or it left.
            meter.lost(mark)
            raise
        if bad:
            text = reply.body if isinstance(reply, web.Response) and isinstance(reply.body, bytes) else b""
            meter.wrong(mark, _reason(answer.status, text))
        else:
            meter.right(mark)
        return reply

    def _repeatable(self, request: web.BaseRequest, body: Body) -> bool:
        asks = request.method in ("GET", "HEAD") or (request.method == "POST" and request.path in SAFE)
        return asks and body.whole is not None


def said(status: int, error: str, fix: str, more: dict[str, str] | None = None) -> web.Response:
    """An answer of the controller's own, in the form of a model pod's."""
    text = json.dumps({"error": error, "fix": fix})
    return web.Response(status=status, text=text, content_type="application/json", headers=more)


def _reason(status: int, content: bytes) -> str:
    text = " ".join(content[:300].decode(errors="replace").split())
    with contextlib.suppress(ValueError, AttributeError):
        text = str(json.loads(content).get("error") or text)
    return f"{status} {text}".strip()
