"""The controller over all Tenants: kopf watches, calls, tries again and keeps the finalizer; `care` does the work."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import kopf

from . import status
from .care import Care
from .cluster import Cluster
from .conditions import Outcome
from .settings import Settings
from .tenant import Tenant

VERSION, PLURAL = "v1", "tenants"
LIVENESS = "http://0.0.0.0:8080/healthz"
DRIFT_SECONDS = 300
"""How often each Tenant is put right without being asked: somebody may have changed a tool, or the Secret."""
THREADS = 32
"""Tenants looked after at once, each of which has four more threads for a moment."""


class Keeper:
    """One Tenant at a time gets the same name's tools: a timer runs beside what an event has started."""

    def __init__(self, care: Care) -> None:
        self.care = care
        self.locks: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def give(self, body: Mapping[str, Any], patch: kopf.Patch) -> list[Outcome]:
        """Give what is asked for, and say in the status what came of it."""
        tenant, before = Tenant.of(body), dict(body.get("status") or {})
        if not tenant.allowed:
            _tell(patch, status.not_allowed(tenant, before), before)
            return []
        with self.locks[tenant.name]:
            outcomes = self.care.give(tenant)
        _tell(patch, status.after_giving(tenant, before, outcomes), before)
        return outcomes

    def take(self, body: Mapping[str, Any], patch: kopf.Patch) -> list[Outcome]:
        """Take what was given, and say in the status what couldn't be."""
        tenant, before = Tenant.of(body), dict(body.get("status") or {})
        if not tenant.allowed:
            return []
        with self.locks[tenant.name]:
            outcomes = self.care.take(tenant)
        _tell(patch, status.after_taking(tenant, before, outcomes), before)
        return outcomes

    def mend(self, body: Mapping[str, Any], patch: kopf.Patch) -> list[Outcome]:
        """Give again, unless the Tenant is on its way out: what kopf remembers may be older than that."""
        tenant = Tenant.of(body)
        if not tenant.allowed:
            return []
        with self.locks[tenant.name]:
            now = self.care.cluster.tenant(tenant.namespace, tenant.name)
            if (
                now is None
                or now["metadata"]["uid"] != body["metadata"]["uid"]
                or now["metadata"].get("deletionTimestamp")
            ):
                return []
            tenant, before = Tenant.of(now), dict(now.get("status") or {})
            outcomes = self.care.give(tenant)
        _tell(patch, status.after_giving(tenant, before, outcomes), before)
        return outcomes


def _tell(patch: kopf.Patch, found: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    if status.is_new(found, before):
        patch.status.update(found)


def _try_again(outcomes: list[Outcome], retry: int) -> None:
    left = [outcome for outcome in outcomes if not outcome.done]
    if left:
        text = "; ".join(f"{outcome.type}: {outcome.message}" for outcome in left)
        raise kopf.TemporaryError(text, delay=status.delay(retry))


def configure(settings: kopf.OperatorSettings, group: str) -> None:
    """Names of ours in the objects, and no look at what the controller has no right to see."""
    settings.scanning.disabled = True
    settings.persistence.finalizer = f"{group}/tenancy"
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix=group)
    settings.persistence.diffbase_storage = kopf.AnnotationsDiffBaseStorage(prefix=group, key="last-handled")
    settings.posting.reporting_component = "tenancy"
    settings.execution.max_workers = THREADS


def registry(keeper: Keeper, group: str) -> kopf.OperatorRegistry:
    """What kopf calls, and when, for the Tenants of an API group."""
    made = kopf.OperatorRegistry()
    kind = (group, VERSION, PLURAL)

    def start(settings: kopf.OperatorSettings, **_: Any) -> None:
        configure(settings, group)

    def give(body: kopf.Body, patch: kopf.Patch, retry: int, **_: Any) -> None:
        _try_again(keeper.give(body, patch), retry)

    def take(body: kopf.Body, patch: kopf.Patch, retry: int, **_: Any) -> None:
        _try_again(keeper.take(body, patch), retry)

    def mend(body: kopf.Body, patch: kopf.Patch, retry: int, **_: Any) -> None:
        _try_again(keeper.mend(body, patch), retry)

    for event in (kopf.on.resume, kopf.on.create, kopf.on.update):
        event(*kind, registry=made)(give)
    kopf.on.delete(*kind, registry=made)(take)
    kopf.timer(*kind, registry=made, interval=DRIFT_SECONDS, initial_delay=DRIFT_SECONDS)(mend)
    kopf.on.login(registry=made)(kopf.login_with_service_account)
    kopf.on.startup(registry=made)(start)
    return made


def run() -> None:
    """Until a signal ends it."""
    settings = Settings.read(os.environ)
    keeper = Keeper(Care(settings, Cluster.own(settings.group)))
    kopf.configure(verbose=False)
    kopf.run(registry=registry(keeper, settings.group), clusterwide=True, standalone=True, liveness_endpoint=LIVENESS)
