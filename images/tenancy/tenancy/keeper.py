"""What the controller does when something happens to a Tenant. Knows nothing of kopf, which calls it."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import status
from .care import Care
from .conditions import Outcome
from .tenant import Tenant

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Report:
    """What came of it."""

    news: Mapping[str, Any]
    """What the Tenant's status says now and didn't before."""
    left: str
    """What couldn't be done, and why; empty if nothing."""


NOTHING = Report({}, "")


class Keeper:
    """Looks after Tenants, one thing at a time for each of them: a timer runs beside what an event has started."""

    def __init__(self, care: Care) -> None:
        self.care = care
        self.locks: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def give(self, body: Body) -> Report:
        """Give what is asked for."""
        tenant, before = Tenant.of(body), _status(body)
        if not tenant.allowed:
            return _report(status.not_allowed(tenant, before), before, [])
        with self.locks[tenant.name]:
            return self._give(tenant, before)

    def take(self, body: Body) -> Report:
        """Take what was given; nothing that belongs to another by the same name."""
        tenant, before = Tenant.of(body), _status(body)
        if not tenant.allowed:
            return NOTHING
        with self.locks[tenant.name]:
            outcomes = self.care.take(tenant)
        return _report(status.after_taking(tenant, before, outcomes), before, outcomes)

    def mend(self, body: Body) -> Report:
        """Give again, unless the Tenant goes or is gone: what the timer was started with may be older than that."""
        tenant = Tenant.of(body)
        if not tenant.allowed:
            return NOTHING
        with self.locks[tenant.name]:
            now = self.care.cluster.tenant(tenant.namespace, tenant.name)
            if now is None or _leaves(now) or _id(now) != _id(body):
                return NOTHING
            return self._give(Tenant.of(now), _status(now))

    def _give(self, tenant: Tenant, before: Body) -> Report:
        outcomes = self.care.give(tenant)
        return _report(status.after_giving(tenant, before, outcomes), before, outcomes)


def _report(found: Body, before: Body, outcomes: Sequence[Outcome]) -> Report:
    left = "; ".join(f"{outcome.type}: {outcome.message}" for outcome in outcomes if not outcome.done)
    return Report(found if status.is_new(found, before) else {}, left)


def _status(body: Body) -> dict[str, Any]:
    return dict(body.get("status") or {})


def _leaves(body: Body) -> bool:
    return bool(body["metadata"].get("deletionTimestamp"))


def _id(body: Body) -> str:
    return str(body["metadata"]["uid"])
