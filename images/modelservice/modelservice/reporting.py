"""Writes a service's status: decisions at once, what wavers not more often than somebody could read it."""

from __future__ import annotations

import time
from typing import Any

from . import status
from .cluster import Cluster
from .kube import KubeError, Object
from .state import State
from .status import Seen
from .wanted import Package, RefusedError, Wanted

WAVER_SECONDS = 5.0


class Reporting:
    """The status of one service as it was written last."""

    def __init__(self, cluster: Cluster) -> None:
        """Nothing is known to be written."""
        self._cluster = cluster
        self._written: dict[str, Any] = {}
        self._in_flight, self._at = -1, 0.0

    async def decided(self, item: Object, wanted: Wanted, before: State, state: State) -> None:
        """Write a decision down, tell of it, count it."""
        await self._patch(item["metadata"], state.fields())
        known = before.history[0] if before.history else None
        for entry in state.history:
            if entry is known:
                break
            promoted = entry["result"] == "promoted"
            await self._cluster.tell(
                wanted,
                "Promoted" if promoted else "RolledBack",
                f"version {entry['version']}: {entry['reason']}: {entry['message']}",
                warning=entry["reason"] not in ("Superseded", "Withdrawn") and not promoted,
            )
            self._cluster.rollouts[wanted.namespace, wanted.name, entry["result"], entry["reason"]] += 1

    async def report(
        self, item: Object, wanted: Wanted, state: State, package: Package | None, seen: Seen, in_flight: int
    ) -> None:
        """Write what is there now, if it isn't what was."""
        meta = item["metadata"]
        before = (item.get("status") or {}).get("conditions") or []
        told = status.conditions(wanted, state, package, seen)
        fields = {
            **state.fields(),
            "observedGeneration": meta.get("generation", 0),
            "package": package.mark if package else None,
            "phase": status.phase(state, seen),
            "replicas": seen.ready,
            "url": self._cluster.settings.url.format(host=wanted.host),
            "conditions": status.written(told, self._written.get("conditions") or before, meta.get("generation", 0)),
        }
        now = time.monotonic()
        wavers = in_flight != self._in_flight and now - self._at > WAVER_SECONDS
        if fields == self._written and not wavers:
            return
        await self._patch(meta, {**fields, "inFlight": in_flight})
        self._written, self._in_flight, self._at = fields, in_flight, now

    async def refused(self, item: Object, error: RefusedError) -> None:
        """Write that nothing is done, and why."""
        meta = item["metadata"]
        before = self._written.get("conditions") or (item.get("status") or {}).get("conditions") or []
        told = [status.Condition(kind, False, error.reason, str(error)) for kind in (status.READY, status.ROLLED_OUT)]
        fields = {
            "observedGeneration": meta.get("generation", 0),
            "phase": "Failed",
            "conditions": status.written(told, before, meta.get("generation", 0)),
        }
        if fields != self._written:
            await self._patch(meta, fields)
            self._written = fields

    async def _patch(self, meta: Object, fields: dict[str, Any]) -> None:
        group = self._cluster.settings.group
        path = f"/apis/{group}/v1/namespaces/{meta['namespace']}/modelservices/{meta['name']}/status"
        try:
            await self._cluster.kube.merge(path, {"status": fields})
        except KubeError as error:
            # It was removed in the meantime.
            if error.status != 404:
                raise
