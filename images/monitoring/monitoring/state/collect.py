"""All of it, read from the API server at each scrape: no cache that could be wrong, nothing held between two."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from ..errors import MonitoringError
from ..text import Families, rendered
from . import bounds, pods, workloads

Read = Callable[[dict[str, Any], Families], None]
KUBERNETES: dict[str, Read] = {
    "/api/v1/pods": pods.pod,
    "/api/v1/nodes": bounds.node,
    "/api/v1/namespaces": bounds.namespace,
    "/api/v1/resourcequotas": bounds.quota,
    "/api/v1/persistentvolumeclaims": bounds.claim,
    "/apis/apps/v1/deployments": workloads.deployment,
    "/apis/apps/v1/statefulsets": workloads.statefulset,
    "/apis/apps/v1/daemonsets": workloads.daemonset,
    "/apis/batch/v1/jobs": workloads.job,
    "/apis/autoscaling/v2/horizontalpodautoscalers": workloads.autoscaler,
}
"""What kube-state-metrics has too."""
OURS: dict[str, Read] = {"/apis/mlplatform.dev/v1/tenants": bounds.tenant}
"""What it knows nothing of."""


class Lists(Protocol):
    """Who lists objects."""

    def list(self, path: str) -> list[dict[str, Any]]:
        """All objects of a kind."""


class Collector:
    """Makes the answer to a scrape; two at once wait for each other, so that nobody multiplies the work."""

    def __init__(self, cluster: Lists, kinds: dict[str, Read]) -> None:
        self._cluster, self._kinds, self._lock = cluster, kinds, threading.Lock()

    def metrics(self) -> str:
        """Everything. A kind that can't be read, or an object that can't be understood, is counted and left out."""
        with self._lock:
            started, family = time.monotonic(), Families()
            failed = 0
            for path, read in self._kinds.items():
                ok = family("mlplatform_cluster_state_read", "Whether a kind of object could be listed.")
                try:
                    objects = self._cluster.list(path)
                except MonitoringError as error:
                    print(error, flush=True)
                    ok.add(0, kind=path.rpartition("/")[2])
                    continue
                ok.add(1, kind=path.rpartition("/")[2])
                for found in objects:
                    try:
                        read(found, family)
                    except (KeyError, ValueError, TypeError) as error:
                        failed += 1
                        print(f"{path}: {found.get('metadata', {}).get('name')}: {error!r}", flush=True)
            family("mlplatform_cluster_state_objects_failed", "Objects that weren't understood.").add(failed)
            family("mlplatform_cluster_state_seconds", "What this took.").add(time.monotonic() - started)
            return rendered(family)
