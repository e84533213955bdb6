"""The API server: the few verbs that the controller needs, and watches that go on where they broke off."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
MANAGER = "modelservice"
TOKEN_SECONDS = 60
"""The kubelet renews the token in its file; it is read again as often."""
WATCH_SECONDS = 280
Object = dict[str, Any]


class KubeError(Exception):
    """What the API server didn't do, and why."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class Kube:
    """One API server, as one service account."""

    def __init__(self, server: str, account: Path | None = None) -> None:
        self._server = server
        self._account = account
        self._token, self._read = "", 0.0
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Kube:
        """Connections are there while the context is open."""
        authority = ssl.create_default_context(cafile=str(self._account / "ca.crt")) if self._account else True
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=authority, limit=0),
            timeout=aiohttp.ClientTimeout(total=15, connect=5),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """They are closed."""
        if self._session:
            await self._session.close()

    async def get(self, path: str, **query: str) -> Object:
        """An object or a list."""
        return await self._ask("GET", path, query=query)

    async def create(self, path: str, body: Object) -> Object:
        """A new object in a collection."""
        return await self._ask("POST", path, body)

    async def apply(self, path: str, body: Object) -> Object:
        """The object as it says, made if it isn't there: by server-side apply, and ours where others said otherwise."""
        query = {"fieldManager": MANAGER, "force": "true"}
        return await self._ask("PATCH", path, body, "application/apply-patch+yaml", query)

    async def merge(self, path: str, body: Object) -> Object:
        """Some fields of an object; null removes one."""
        return await self._ask("PATCH", path, body, "application/merge-patch+json", {"fieldManager": MANAGER})

    async def delete(self, path: str) -> None:
        """Nothing is left of it; that it wasn't there is fine."""
        try:
            await self._ask("DELETE", path, {"propagationPolicy": "Background"})
        except KubeError as error:
            if error.status != 404:
                raise

    async def watch(self, path: str, version: str, **query: str) -> AsyncIterator[tuple[str, Object]]:
        """What changes in a collection since a version, until the server ends it.

        Raises:
            KubeError: The server refuses, or no longer knows that version (410).
        """
        query |= {
            "watch": "1",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(WATCH_SECONDS),
        }
        timeout = aiohttp.ClientTimeout(total=None, connect=5, sock_read=WATCH_SECONDS + 30)
        async with self._open().get(
            self._server + path, params=query, headers=self._headers(), timeout=timeout
        ) as answer:
            if answer.status != 200:
                raise _refused(answer.status, await answer.read())
            rest = b""
            async for chunk in answer.content.iter_any():
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        raise _refused(int(event["object"].get("code") or 500), json.dumps(event["object"]).encode())
                    yield event["type"], event["object"]

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("use it as a context")
        return self._session

    def _headers(self, kind: str | None = None) -> dict[str, str]:
        now = time.monotonic()
        if self._account and (not self._token or now - self._read > TOKEN_SECONDS):
            self._token, self._read = (self._account / "token").read_text().strip(), now
        found = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        return {**found, "Content-Type": kind} if kind else found

    async def _ask(
        self,
        method: str,
        path: str,
        body: Object | None = None,
        kind: str = "application/json",
        query: Mapping[str, str] | None = None,
    ) -> Object:
        data = None if body is None else json.dumps(body).encode()
        try:
            async with self._open().request(
                method, self._server + path, data=data, params=query, headers=self._headers(kind)
            ) as answer:
                content = await answer.read()
                if answer.status >= 300:
                    raise _refused(answer.status, content)
                return dict(json.loads(content))
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise KubeError(0, "Unreachable", f"the API server doesn't answer: {type(error).__name__}") from None


def _refused(status: int, content: bytes) -> KubeError:
    try:
        told = json.loads(content)
        return KubeError(status, str(told.get("reason") or status), str(told.get("message") or told))
    except (ValueError, AttributeError):
        return KubeError(status, str(status), content[:200].decode(errors="replace"))
