"""Waiting by watching one object, waking up now and then to say how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from local.provider import objects
from local.provider.await_.status import Check
from local.provider.errors import ApiError, CancelledError, NotReadyError, UnreachableError
from local.provider.rest import Client, Resource
from local.provider.wire import Object

# How long one watch lasts at most: after it, progress is looked at from the pods' side too.
_WATCH_SECONDS = 5.0
_PAUSE_SECONDS = 0.2
_OUTAGE_SECONDS = 1.0

Say = Callable[[str], None]


def silent(_: str) -> None:
    """Say nothing."""


@dataclass
class Watched:
    """One live object on its way to a state.

    Attributes:
        client: The API.
        resource: Where objects of its kind live.
        live: Its last known state.
        say: Tells the person who waits.
        explain: More about why it isn't there yet, in order of importance; asked now and then, and in the end.
    """

    client: Client
    resource: Resource
    live: Object
    say: Say = silent
    explain: Callable[[Object], list[str]] = lambda _: []

    @property
    def path(self) -> str:
        """The object's URL path."""
        return self.resource.path(objects.namespace(self.live), objects.name(self.live))

    def until(self, check: Check, seconds: float) -> Object:
        """Wait until the check says that the object is ready and return it.

        Raises:
            NotReadyError: It failed, or time ran out, or it was deleted.
            CancelledError: The engine asked to stop.
        """
        deadline = time.monotonic() + seconds
        while True:
            status = check(self.live)
            if status.ready:
                return self.live
            if status.failed:
                raise NotReadyError(self.live, [status.message, *self.explain(self.live)])
            left = deadline - time.monotonic()
            if left <= 0:
                raise NotReadyError(
                    self.live, [f"timed out after {seconds:.0f} s: {status.message}", *self.explain(self.live)]
                )
            if self.client.cancelled.is_set():
                raise NotReadyError(self.live, [f"cancelled while {status.message}"])
            try:
                self._next(check, min(_WATCH_SECONDS, left))
            except (UnreachableError, ApiError) as error:
                if isinstance(error, ApiError) and not error.passing:
                    raise
                self.say(f"{status.message} ({error})")
                self.client.cancelled.wait(_OUTAGE_SECONDS)

    def _next(self, check: Check, seconds: float) -> None:
        """Follow the object for some seconds, or until it is ready or has failed."""
        query = {
            "fieldSelector": f"metadata.name={objects.name(self.live)}",
            "resourceVersion": str(objects.metadata(self.live).get("resourceVersion") or ""),
        }
        said = ""
        try:
            status = check(self.live)
            self.say(status.message)
            collection = self.resource.path(objects.namespace(self.live))
            for event, obj in self.client.watch(collection, query, seconds):
                if event == "DELETED":
                    raise NotReadyError(self.live, ["the object was deleted while waiting for it"])
                self.live = obj
                status = check(obj)
                if status.ready or status.failed:
                    return
                if status.message != said:
                    self.say(said := status.message)
        except CancelledError:
            raise NotReadyError(self.live, [f"cancelled while {check(self.live).message}"]) from None
        except ApiError as error:
            if error.code in (403, 405):  # may be read but not watched
                self.client.cancelled.wait(_OUTAGE_SECONDS)
            elif error.code != 410:  # 410: our version of it is too old to watch from
                raise
            self._refresh()
            return
        self._refresh()
        if not check(self.live).ready and (reasons := self.explain(self.live)):
            self.say(f"{check(self.live).message}: {reasons[0]}")

    def _refresh(self) -> None:
        time.sleep(_PAUSE_SECONDS)
        try:
            self.live = self.client.request("GET", self.path)
        except ApiError as error:
            if error.not_found:
                raise NotReadyError(self.live, ["the object was deleted while waiting for it"]) from None
            raise
