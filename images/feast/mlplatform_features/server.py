"""The feature server of one team: Feast's `POST /get-online-features`, for whoever may read, in a few milliseconds.

Feast's own takes 180 MB and asks for no permission of another team; this one is its protocol over its tables.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Iterable
from typing import Any

import aiohttp
import psycopg
import psycopg_pool
from aiohttp import web

from . import online, views
from .access import Access, UnreachableError
from .metrics import Metrics
from .problem import NotAllowedError
from .store import Store

EVERY = 5.0
"""Seconds between two looks at the definitions."""
SOON = 1.0
"""Between two looks because of a question about something unknown."""
MOST_BYTES = 1024 * 1024
BEARER = "Bearer "
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
        made = web.Application(client_max_size=MOST_BYTES)
        made.router.add_post("/get-online-features", self.features)
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

    async def _answer(self, request: web.Request) -> tuple[int, dict[str, Any]]:
        try:
            given = request.headers.get("Authorization", "")
            reader = await self.access.reader(given.removeprefix(BEARER) if given.startswith(BEARER) else "")
        except NotAllowedError as error:
            return 401, {"error": str(error), "fix": "send Authorization: Bearer <your team's key>"}
        except UnreachableError:
            return 503, {"error": "the registry can't say who you are", "fix": "try again"}
        try:
            body = await request.json()
        except web.HTTPRequestEntityTooLarge:
            return 413, {"error": f"more than {MOST_BYTES // 1024} KiB", "fix": "ask for fewer at once"}
        except (ValueError, UnicodeDecodeError):
            return 400, {"error": "the body isn't JSON", "fix": "send JSON"}
        try:
            question = await self._question(body, reader.views)
            kept = await self.store.read(question)
        except online.QuestionError as error:
            return 400, {"error": str(error), "fix": "mend the question"}
        except NotAllowedError as error:
            return 403, {"error": str(error), "fix": "its owner grants it: mlp features grant"}
        except (psycopg.Error, psycopg_pool.PoolTimeout) as error:
            log.warning("the database didn't answer: %s", type(error).__name__)
            self.looked = 0.0
            return 503, {"error": "the online store can't answer now", "fix": "try again"}
        return 200, online.answer(question, kept)

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
