"""Waiting for an object that was created or updated, and reading whether one is ready now."""

from __future__ import annotations

import os
from collections.abc import Callable

from local.provider import objects
from local.provider.await_ import expressions, pods, special, status
from local.provider.await_.status import Status
from local.provider.await_.waiting import Say, Watched
from local.provider.errors import NotReadyError
from local.provider.rest import Client
from local.provider.urns import Kind
from local.provider.wire import Object

WAIT_FOR = "pulumi.com/waitFor"
SKIP = "pulumi.com/skipAwait"
TIMEOUT = "pulumi.com/timeoutSeconds"
_DEFAULT_SECONDS = 600.0


def timeout_of(obj: Object, requested: float, default: float) -> float:
    """Seconds to wait: customTimeouts, else the annotation, else the kind's own."""
    if requested:
        return requested
    given = objects.annotation(obj, TIMEOUT)
    return float(given) if given.isdigit() else default


def skipped(obj: Object) -> bool:
    """Whether the program asks not to wait."""
    return objects.annotation(obj, SKIP) == "true"


def until_ready(
    client: Client, inputs: Object, live: Object, requested: float, say: Say, warn: Callable[[str], None]
) -> Object:
    """Wait until a created or updated object is ready and return its live state.

    Raises:
        NotReadyError: It isn't in time, or never will be.
    """
    if skipped(inputs):
        return live
    resource = client.resource(Kind.of(str(live["apiVersion"]), str(live["kind"])))
    watched = Watched(client, resource, live, say, lambda obj: pods.explain(client, obj))
    if expression := objects.annotation(inputs, WAIT_FOR):
        return watched.until(expressions.parse(expression), timeout_of(inputs, requested, _DEFAULT_SECONDS))
    if objects.is_kind(live, "v1", "Service"):
        return special.service(watched, timeout_of(inputs, requested, _DEFAULT_SECONDS))
    if objects.is_kind(live, "networking.k8s.io/v1", "Ingress"):
        return special.ingress(watched, timeout_of(inputs, requested, _DEFAULT_SECONDS), warn)
    known = _check(client, live)
    if known is None:
        return live
    check, default = known
    return watched.until(check, timeout_of(inputs, requested, default))


def _check(client: Client, live: Object) -> tuple[status.Check, float] | None:
    if objects.is_kind(live, "v1", "PersistentVolumeClaim"):
        return special.claim_check(client, live), 300.0
    known = status.check_of(live)
    if known is None and os.environ.get("PULUMI_K8S_AWAIT_ALL") == "true":
        return status.generic, _DEFAULT_SECONDS
    return known


def read(client: Client, inputs: Object, live: Object) -> None:
    """See whether an object is ready now, without waiting.

    Raises:
        NotReadyError: It isn't.
    """
    if skipped(inputs):
        return
    result = _read(client, inputs, live)
    if not result.ready:
        raise NotReadyError(live, [result.message, *pods.explain(client, live)])


def _read(client: Client, inputs: Object, live: Object) -> Status:
    if expression := objects.annotation(inputs, WAIT_FOR):
        return expressions.parse(expression)(live)
    if objects.is_kind(live, "v1", "Service"):
        return special.service_now(client, live)
    if objects.is_kind(live, "networking.k8s.io/v1", "Ingress"):
        return special.load_balancer(live)
    known = _check(client, live)
    return known[0](live) if known else Status(True)
