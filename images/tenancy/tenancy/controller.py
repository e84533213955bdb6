"""The controller over all Tenants: kopf watches, tries again and keeps the finalizer; `keeper` does what it calls."""

from __future__ import annotations

import logging
import os
from typing import Any

import kopf

from . import status
from .care import Care
from .cluster import Cluster
from .keeper import Keeper, Report
from .settings import Settings

VERSION, PLURAL = "v1", "tenants"
LIVENESS = "http://0.0.0.0:8080/healthz"
DRIFT_SECONDS = 300
"""How often each Tenant is put right without being asked: somebody may have changed a tool, or the Secret."""
THREADS = 32
"""Tenants looked after at once, each of which has four more threads for a moment."""


def configure(settings: kopf.OperatorSettings, group: str) -> None:
    """Names of ours in the objects, and no look at what the controller has no right to see."""
    settings.scanning.disabled = True
    settings.persistence.finalizer = f"{group}/tenancy"
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix=group)
    settings.persistence.diffbase_storage = kopf.AnnotationsDiffBaseStorage(prefix=group, key="last-handled")
    settings.posting.reporting_component = "tenancy"
    settings.execution.max_workers = THREADS
    settings.execution.default_backoff = status.LONGEST


def registry(keeper: Keeper, group: str) -> kopf.OperatorRegistry:
    """What kopf calls, and when, for the Tenants of an API group."""
    made = kopf.OperatorRegistry()
    kind = (group, VERSION, PLURAL)

    def start(settings: kopf.OperatorSettings, **_: Any) -> None:
        configure(settings, group)

    def give(body: kopf.Body, patch: kopf.Patch, retry: int, **_: Any) -> None:
        _tell(keeper.give(body), body, patch, retry)

    def take(body: kopf.Body, patch: kopf.Patch, retry: int, **_: Any) -> None:
        _tell(keeper.take(body), body, patch, retry)

    def mend(body: kopf.Body, patch: kopf.Patch, retry: int, **_: Any) -> None:
        _tell(keeper.mend(body), body, patch, retry)

    for event in (kopf.on.resume, kopf.on.create, kopf.on.update):
        event(*kind, registry=made, id="give")(give)
    kopf.on.delete(*kind, registry=made, id="take")(take)
    kopf.timer(*kind, registry=made, id="mend", interval=DRIFT_SECONDS, initial_delay=DRIFT_SECONDS)(mend)
    kopf.on.login(registry=made)(kopf.login_with_service_account)
    kopf.on.startup(registry=made, id="start")(start)
    return made


def _tell(report: Report, body: kopf.Body, patch: kopf.Patch, retry: int) -> None:
    """Put the news into the Tenant's status; what is left is for the next try, and an event if it is new."""
    patch.status.update(report.news)
    if report.left:
        if report.news:
            kopf.warn(body, reason="NotDone", message=report.left)
        raise kopf.TemporaryError(report.left, delay=status.delay(retry))


def run() -> None:
    """Until a signal ends it."""
    settings = Settings.read(os.environ)
    keeper = Keeper(Care(settings, Cluster.own(settings.group)))
    kopf.configure(log_prefix=True)
    # A line for each probe hides the others.
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    kopf.run(registry=registry(keeper, settings.group), clusterwide=True, standalone=True, liveness_endpoint=LIVENESS)
