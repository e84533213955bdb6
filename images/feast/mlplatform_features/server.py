"""The feature server of one team: Feast's `POST /get-online-features`, for whoever may read, in a few milliseconds.

Feast's own takes 180 MB and asks for no permission of another team; this one is its protocol over its tables.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Iterable
from typing import Any
from urllib.parse import quote

import aiohttp
import psycopg
import psycopg_pool
from aiohttp import web

from . import online, views, writing
from .access import Access, Reader, UnreachableError
from .metrics import Metrics
from .problem import NotAllowedError
from .store import Store

EVERY = 5.0
"""Seconds between two looks at the definitions."""
SOON = 1.0
"""Between two looks because of a question about something unknown."""
MOST_BYTES = 1024 * 1024
MOST_WRITTEN = 16 * 1024 * 1024
BEARER = "Bearer "
NOBODY = {"error": "this key is nobody's", "fix": "send Authorization: Bearer <your team's key>"}
log = logging.getLogger(__name__)


class Server:
    """What it knows, and its routes."""

    def __init__(self, team: str, own_key: str, registry: str, store: Store, stale_after: float) -> None:
        self.team, self.key, self.registry, self.stale_after = team, own_key, registry.rstrip("/"), stale_after
        self.store, self.metrics = store, Metrics()
        self.access = Access(team, own_key, self.ask)
        self.project = views.Project(team)
        self.seen = self.looked = 0.0
        self._session: aiohttp.ClientSession | None = None

    def application(self) -> web.Application:
        """For readers."""
        made = web.Application(client_max_size=MOST_WRITTEN)
        made.router.add_post("/get-online-features", self.features)
        made.router.add_post("/write", self.write)
        made.router.add_get("/", self.visible)
        made.router.add_put("/shared/{team}", self.share)
        made.router.add_get("/health", self.health)
        made.cleanup_ctx.append(self._running)
        return made

    def metrics_application(self) -> web.Application:
        """For Prometheus."""
        made = web.Application()
        made.router.add_get("/metrics", self._metrics)
        return made

    async def _running(self, _: web.Application) -> Any:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3)) as self._session:
            await self.store.pool.open()
            looking = asyncio.create_task(self._keep_looking())
            yield
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking
            await self.store.pool.close()

    async def features(self, request: web.Request) -> web.Response:
        """Answer a question."""
        started = time.perf_counter()
        status, body = await self._answer(request)
        self.metrics.answered(status, time.perf_counter() - started)
        return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json")

    async def visible(self, request: web.Request) -> web.Response:
        """What whoever asks may see, of all projects: the registry's word."""
        try:
            body = await self._get("/visible", _key(request))
        except UnreachableError:
            return web.json_response({"error": "the registry doesn't answer", "fix": "try again"}, status=503)
        if body is None:
            return web.json_response(NOBODY, status=401)
        return web.Response(body=body, content_type="application/json")

    async def share(self, request: web.Request) -> web.Response:
        """Let another team read views of this one: passed on to the registry, in the name of whoever has the key."""
        if self.access.own != await self._whoever(request) or self._session is None:
            return web.json_response(NOBODY, status=401)
        headers = {"Authorization": f"{BEARER}{self.key}", "Content-Type": "application/json"}
        url = f"{self.registry}/shared/{quote(request.match_info['team'], safe='')}"
        try:
            async with self._session.put(url, data=await request.read(), headers=headers) as answer:
                return web.Response(status=answer.status, body=await answer.read(), content_type="application/json")
        except (aiohttp.ClientError, TimeoutError):
            return web.json_response({"error": "the registry doesn't answer", "fix": "try again"}, status=503)

    async def _answer(self, request: web.Request) -> tuple[int, dict[str, Any]]:
        try:
            reader = await self.access.reader(_key(request))
        except NotAllowedError:
            return 401, NOBODY
        except UnreachableError:
            return 503, {"error": "the registry can't say who you are", "fix": "try again"}
        return await self._explained(self._read(request, reader))

    async def _read(self, request: web.Request, reader: Reader) -> dict[str, Any]:
        question = await self._question(await _json(request, MOST_BYTES), reader.views)
        return online.answer(question, await self.store.read(question))

    async def write(self, request: web.Request) -> web.Response:
        """Keep new values: the team's own pods put them online."""
        if self.access.own != await self._whoever(request):
            return web.json_response({"error": "only the team itself puts values online"}, status=403)
        status, body = await self._explained(self._write(request))
        return web.json_response(body, status=status)

    async def _whoever(self, request: web.Request) -> Reader | None:
        try:
            return await self.access.reader(_key(request))
        except (NotAllowedError, UnreachableError):
            return None

    async def _write(self, request: web.Request) -> dict[str, Any]:
        body = await _json(request, MOST_WRITTEN)
        try:
            view, rows = writing.parse(self.project, body)
        except online.QuestionError:
            # It may have been applied a moment ago.
            await self._look()
            view, rows = writing.parse(self.project, body)
        if rows:
            await self.store.write(view, rows)
        return {"rows": len(rows)}

    async def _explained(self, work: Awaitable[dict[str, Any]]) -> tuple[int, dict[str, Any]]:
        """What comes of it: status and body."""
        try:
            return 200, await work
        except web.HTTPRequestEntityTooLarge:
            return 413, {"error": "too much at once", "fix": "send less"}
        except online.QuestionError as error:
            return 400, {"error": str(error), "fix": "mend the question"}
        except NotAllowedError as error:
            return 403, {"error": str(error), "fix": "its owner grants it: mlp features grant"}
        except (psycopg.Error, psycopg_pool.PoolTimeout) as error:
            log.warning("the database didn't answer: %s", type(error).__name__)
            self.looked = 0.0
            return 503, {"error": "the online store can't answer now", "fix": "try again"}

    async def _question(self, body: Any, readable: Iterable[str] | None) -> online.Question:
        """What is unknown may be new: then it looks once more."""
        try:
            question = online.parse(self.project, body, readable)
            if all(view.table in self.store.tables for view, _ in question.wanted):
                return question
        except (online.QuestionError, NotAllowedError):
            if time.monotonic() - self.looked < SOON:
                raise
        if time.monotonic() - self.looked >= SOON:
            await self._look()
        return online.parse(self.project, body, readable)

    async def _keep_looking(self) -> None:
        while True:
            await self._look()
            await asyncio.sleep(EVERY if self.seen else SOON)

    async def _look(self) -> None:
        """Definitions and tables as they are now; those before hold while they can't be had."""
        self.looked = time.monotonic()
        try:
            body = await self._get(f"/projects/{self.team}/definitions", self.key)
            if body is not None:
                self.project = views.read(self.team, body, self.stale_after)
                self.seen = time.monotonic()
            await self.store.look()
        except (UnreachableError, psycopg.Error, psycopg_pool.PoolTimeout) as error:
            log.warning("definitions can't be had: %s", type(error).__name__)

    async def ask(self, key: str) -> tuple[str, list[str]] | None:
        """The registry's word on a key."""
        body = await self._get(f"/projects/{self.team}/readable", key)
        if body is None:
            return None
        found = json.loads(body)
        return str(found["team"]), list(found["views"])

    async def _get(self, path: str, key: str) -> bytes | None:
        if self._session is None:
            raise UnreachableError
        try:
            headers = {"Authorization": f"{BEARER}{key}"}
            async with self._session.get(f"{self.registry}{path}", headers=headers) as answer:
                if answer.status == 401:
                    return None
                if answer.status != 200:
                    raise UnreachableError
                return await answer.read()
        except (aiohttp.ClientError, TimeoutError, ValueError):
            raise UnreachableError from None

    async def health(self, request: web.Request) -> web.Response:
        """Ready once it has seen its definitions."""
        return web.json_response({"ready": bool(self.seen)}, status=200 if self.seen else 503)

    async def _metrics(self, request: web.Request) -> web.Response:
        return web.Response(text=self.metrics.text(self.project), content_type="text/plain")


async def _json(request: web.Request, most: int) -> Any:
    if (request.content_length or 0) > most:
        raise web.HTTPRequestEntityTooLarge(most, request.content_length or 0)
    try:
        return await request.json()
    except (ValueError, UnicodeDecodeError):
        raise online.QuestionError("the body isn't JSON") from None


def _key(request: web.Request) -> str:
    given = request.headers.get("Authorization", "")
    return given.removeprefix(BEARER) if given.startswith(BEARER) else ""
