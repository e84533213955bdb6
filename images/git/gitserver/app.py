"""The server: which request is whose.

GET  /health                                   whether it runs
PUT  GET  DELETE  /-/repositories/<name>       for the admin key: who may use a repository
/<name>.git/info/refs, git-upload-pack, git-receive-pack    for user <name> with its password: git's smart protocol
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import defaultdict
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import parse_qs

from . import access, git
from .access import NAME, Access
from .backend import Backend, TooLong
from .exchange import Exchange, Gone, Receive, Send
from .limits import MIB
from .store import Store, clear

ADMIN = re.compile(rf"/-/repositories/({NAME.pattern})")
GIT = re.compile(rf"/({NAME.pattern})\.git/(info/refs|git-upload-pack|git-receive-pack)")
FETCH, PUSH = "git-upload-pack", "git-receive-pack"
REASONS = {
    Gone: (500, "git ended early"),
    TimeoutError: (504, "that took too long"),
    TooLong: (413, "that is too long"),
}
MOST_WORDS = 1 << 16
"""Bytes of a request to the admin API."""
MOST_WANTS = 16 * MIB
"""Bytes of a request to fetch; git itself takes 10 MB unpacked."""


class App:
    """An ASGI application over one volume."""

    def __init__(self, store: Store, admin_key: str) -> None:
        self._store, self._admin_key = store, admin_key
        # Apart, so that pushes whose checks take long keep nobody from fetching.
        self._fetches, self._pushes = Backend(), Backend()
        self._administration = asyncio.Lock()
        # Who holds a repository's is the only one that writes there.
        self._writing: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._tidying: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """One request, and a line in the log without anything that opens something."""
        exchange, start = Exchange(scope, receive, send), time.monotonic()
        try:
            await self._answer(exchange)
        except (Gone, TimeoutError, TooLong) as why:
            if not exchange.status:
                await exchange.answer(*REASONS[type(why)])
        finally:
            if exchange.path != "/health":
                took = time.monotonic() - start
                facts = f"{exchange.status} {exchange.sent} B {took:.3f} s"
                print(f"{exchange.user} {exchange.method} {exchange.path[:200]!r} {facts}", flush=True)

    async def _answer(self, exchange: Exchange) -> None:
        if exchange.path == "/health":
            await exchange.answer(200, "ok")
        elif exchange.path.startswith("/-/"):
            await self._administer(exchange)
        else:
            await self._serve(exchange)

    async def _administer(self, exchange: Exchange) -> None:
        if not access.is_bearer(exchange.header("authorization"), self._admin_key):
            await exchange.answer(401, "give the admin key", [("www-authenticate", "Bearer")])
            return
        exchange.user = "admin"
        if not (found := ADMIN.fullmatch(exchange.path)):
            await exchange.answer(404, "there is /-/repositories/team-<name>")
            return
        name = found[1]
        if exchange.method == "PUT":
            await self._allow(exchange, name)
        elif exchange.method == "DELETE":
            await self._end(exchange, name)
        elif exchange.method == "GET":
            head = await asyncio.to_thread(self._store.head, name)
            await (exchange.answer_json(200, {"head": head}) if head else exchange.answer(404, "no such repository"))
        else:
            await exchange.answer(405, "use PUT, GET or DELETE")

    async def _allow(self, exchange: Exchange, name: str) -> None:
        body = await exchange.body(MOST_WORDS)
        if body is None:
            await exchange.answer(413, "too long")
            return
        try:
            password, check = access.wanted(body)
        except ValueError as wrong:
            await exchange.answer(422, str(wrong))
            return
        async with self._administration:
            new = await asyncio.to_thread(self._store.allow, name, Access.of(password, check))
            head = await asyncio.to_thread(self._store.head, name)
        await exchange.answer_json(201 if new else 200, {"head": head})

    async def _end(self, exchange: Exchange, name: str) -> None:
        purge = parse_qs(exchange.query).get("purge", ["false"])
        if purge not in (["true"], ["false"]):
            await exchange.answer(422, "purge: give true or false")
            return
        async with self._administration:
            await asyncio.to_thread(self._store.refuse, name)
            self._fetches.end(name)
            self._pushes.end(name)
            if purge == ["true"]:
                async with self._writing[name]:
                    await asyncio.to_thread(self._store.purge, name)
        await exchange.answer(204)

    async def _serve(self, exchange: Exchange) -> None:
        found = GIT.fullmatch(exchange.path)
        given = access.basic(exchange.header("authorization"))
        user, password = given if given and NAME.fullmatch(given[0]) else ("team-nobody", "")
        allowed = await asyncio.to_thread(self._store.opens, user, password)
        if not allowed:
            asking = ("www-authenticate", 'Basic realm="git", charset="UTF-8"')
            await exchange.answer(401, "give the repository's user and password", [asking])
            return
        exchange.user = user
        if not found or found[1] != user:
            await exchange.answer(404, "no such repository")
            return
        service = found[2] if found[2] != "info/refs" else exchange.query.removeprefix("service=")
        if service not in (FETCH, PUSH) or exchange.method != ("GET" if found[2] == "info/refs" else "POST"):
            await exchange.answer(403, "only git's smart protocol is spoken here")
            return
        environment = git.environment(self._store.bounds, self._cgi(exchange, user))
        if found[2] == PUSH:
            await self._push(exchange, user, environment, allowed)
        else:
            await self._fetches.serve(exchange, user, environment, MOST_WANTS)

    async def _push(self, exchange: Exchange, name: str, environment: dict[str, str], allowed: Access) -> None:
        if allowed.check:
            environment |= {"CHECK_URL": allowed.check.url, "CHECK_KEY": allowed.check.key}
        try:
            async with self._writing[name]:
                if not await asyncio.to_thread(self._store.access, name):
                    await exchange.answer(404, "no such repository")
                    return
                # A git that was killed leaves locks, which would refuse every push from then on.
                await asyncio.to_thread(clear, self._store.path(name))
                await self._pushes.serve(exchange, name, environment, self._store.bounds.push)
        finally:
            tidying = asyncio.create_task(self._tidy(name))
            self._tidying.add(tidying)
            tidying.add_done_callback(self._tidying.discard)

    async def _tidy(self, name: str) -> None:
        async with self._writing[name]:
            if self._store.path(name).exists():
                await asyncio.to_thread(clear, self._store.path(name))
                await asyncio.to_thread(git.tidy, self._store.path(name), self._store.bounds)

    def _cgi(self, exchange: Exchange, user: str) -> dict[str, str]:
        """What `git http-backend` reads."""
        found = {
            "GIT_PROJECT_ROOT": str(self._store.repositories),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": exchange.path,
            "REMOTE_USER": user,
            "REQUEST_METHOD": exchange.method,
            "QUERY_STRING": exchange.query,
        }
        for header, variable in (
            ("content-type", "CONTENT_TYPE"),
            ("content-length", "CONTENT_LENGTH"),
            ("content-encoding", "HTTP_CONTENT_ENCODING"),
            ("git-protocol", "GIT_PROTOCOL"),
        ):
            if value := exchange.header(header):
                found[variable] = value
        return found
