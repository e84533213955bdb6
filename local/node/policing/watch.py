"""All objects of a kind as the API server has them now: listed, then followed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from local.provider.errors import ProviderError
from local.provider.rest import Client

WATCH_SECONDS = 300
PAUSE_SECONDS = 1.0


class Kind:
    """What is left of each object of a kind by a function, by namespace and name."""

    def __init__(self, client: Client, path: str, of: Callable[[Any], Any], changed: Callable[[], object]) -> None:
        """Nothing is asked yet.

        Args:
            client: The API server.
            path: Of the kind, in all namespaces.
            of: What matters of an object; None leaves it out.
            changed: Called when anything that matters has changed.
        """
        self._client, self._path, self._of, self._changed = client, path, of, changed
        self._lock = threading.Lock()
        self._found: dict[tuple[str, str], Any] | None = None

    @property
    def found(self) -> Mapping[tuple[str, str], Any] | None:
        """What there is now; None before it is known."""
        with self._lock:
            return None if self._found is None else dict(self._found)

    def follow(self) -> None:
        """Follow it for ever. What isn't answered is asked again: what was known counts until then."""
        while True:
            try:
                version = self._list()
                while version:
                    version = self._watch(version)
            except (ProviderError, OSError) as error:
                print(f"{time.strftime('%F %T')} {self._path}: {error}", flush=True)
                time.sleep(PAUSE_SECONDS)

    def _list(self) -> str:
        answer = self._client.request("GET", self._path)
        listed = {_key(item): self._of(item) for item in answer.get("items") or []}
        with self._lock:
            self._found = {key: value for key, value in listed.items() if value is not None}
        self._changed()
        return str(answer["metadata"]["resourceVersion"])

    def _watch(self, version: str) -> str:
        """The version to go on from; empty if that must be listed first."""
        before = time.monotonic()
        for event, item in self._client.watch(self._path, {"resourceVersion": version}, WATCH_SECONDS):
            version = item["metadata"]["resourceVersion"]
            self._note(_key(item), None if event == "DELETED" else self._of(item))
        # It broke off: a server that starts anew may have forgotten where this was.
        return version if time.monotonic() - before > WATCH_SECONDS / 2 else ""

    def _note(self, key: tuple[str, str], value: Any) -> None:
        with self._lock:
            assert self._found is not None  # noqa: S101 - listed before
            if self._found.get(key) == value:
                return
            if value is None:
                del self._found[key]
            else:
                self._found[key] = value
        self._changed()


def _key(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]
