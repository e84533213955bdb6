"""A collection of the API server, kept as it is there now; whoever needs it is told of each change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import aiohttp

from .kube import Kube, KubeError, Object

FIRST, LONGEST = 0.5, 10.0
"""Seconds between tries while the API server doesn't answer."""
GONE = 410
log = logging.getLogger(__name__)


class Informer:
    """Objects of one collection by namespace and name."""

    def __init__(self, kube: Kube, path: str, selector: str | None, changed: Callable[[str, Object], None]) -> None:
        """Nothing is asked yet: `run` does.

        Args:
            kube: The server.
            path: Of the collection.
            selector: Labels that objects must have.
            changed: Called with ADDED, MODIFIED or DELETED and the object.
        """
        self.items: dict[tuple[str, str], Object] = {}
        self.synced = asyncio.Event()
        self.problem: KubeError | None = None
        """Why nothing is known, while the server refuses."""
        self._kube, self._path, self._changed = kube, path, changed
        self._query = {"labelSelector": selector} if selector else {}

    async def run(self) -> None:
        """Follow the collection until cancelled."""
        pause = FIRST
        while True:
            try:
                version = await self._list()
                pause = FIRST
                while True:
                    version = await self._follow(version)
            except KubeError as error:
                self.problem = error
                if error.status != GONE:
                    log.warning("%s: %s", self._path, error)
            except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
                log.info("%s: the watch broke off: %s", self._path, type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST)

    async def _list(self) -> str:
        found = await self._kube.get(self._path, **self._query)
        fresh = {_key(item): item for item in found.get("items") or []}
        for key, item in list(self.items.items()):
            if key not in fresh:
                self._take("DELETED", item)
        for key, item in fresh.items():
            if _version(item) != _version(self.items.get(key, {})):
                self._take("MODIFIED" if key in self.items else "ADDED", item)
        self.problem = None
        self.synced.set()
        return str(found["metadata"]["resourceVersion"])

    async def _follow(self, version: str) -> str:
        async for kind, item in self._kube.watch(self._path, version, **self._query):
            version = _version(item)
            if kind != "BOOKMARK":
                self._take(kind, item)
        return version

    def _take(self, kind: str, item: Object) -> None:
        item.get("metadata", {}).pop("managedFields", None)
        if kind == "DELETED":
            self.items.pop(_key(item), None)
        else:
            self.items[_key(item)] = item
        self._changed(kind, item)


def _key(item: Object) -> tuple[str, str]:
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]


def _version(item: Object) -> str:
    return str(item.get("metadata", {}).get("resourceVersion", ""))
