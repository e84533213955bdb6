"""Follows the objects that the directory is made of: a list, then what changes, then a list again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from kubernetes_asyncio import watch

log = logging.getLogger("mlplatform_hub")

SECONDS = 50
"""Of one watch; then everything is listed anew, so that nothing can be missed for longer."""
PAUSE = 1.0

Listing = Callable[..., Awaitable[Any]]
Told = Callable[[dict[str, Mapping[str, Any]]], Awaitable[None]]


async def follow(name: str, listing: Listing, told: Told, /, **arguments: Any) -> None:
    """Tell all objects at first and after each change, by namespace and name, for ever."""
    while True:
        try:
            await _once(listing, told, arguments)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # whatever it was, the next list begins anew
            log.warning("%s can't be followed: %s", name, error)
            await asyncio.sleep(PAUSE)


async def _once(listing: Listing, told: Told, arguments: Mapping[str, Any]) -> None:
    serialize = listing.__self__.api_client.sanitize_for_serialization  # type: ignore[attr-defined] # it is a method
    listed = serialize(await listing(**arguments))
    objects = {key(one): one for one in listed["items"]}
    await told(dict(objects))
    version = listed["metadata"]["resourceVersion"]
    async with watch.Watch().stream(listing, **arguments, resource_version=version, timeout_seconds=SECONDS) as changes:
        async for change in changes:
            if change["type"] == "ERROR":
                return
            one = change["raw_object"]
            if change["type"] == "DELETED":
                objects.pop(key(one), None)
            elif change["type"] in ("ADDED", "MODIFIED"):
                objects[key(one)] = one
            await told(dict(objects))


def key(one: Mapping[str, Any]) -> str:
    """Namespace and name."""
    return f"{one['metadata'].get('namespace', '')}/{one['metadata']['name']}"
