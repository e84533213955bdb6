"""What drivers share: the API server, the pods' statistics, what the informers know, and what Prometheus is told."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from . import pods
from .kube import Kube, KubeError, Object
from .pods import Pod
from .settings import Settings
from .state import stamp
from .stats import Stats
from .wanted import Wanted

log = logging.getLogger(__name__)
Known = Callable[[str, str], list[Object]]
"""Objects by namespace and model service."""


@dataclass
class Cluster:
    """Everything around one model service."""

    kube: Kube
    settings: Settings
    stats: Stats
    known_pods: Known
    known_deployments: Known
    rollouts: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)

    def pods(self, namespace: str, model: str) -> list[Pod]:
        """Those of a service, going ones left out."""
        found = (pods.read(item, self.settings.group) for item in self.known_pods(namespace, model))
        return [pod for pod in found if not pod.leaving]

    def deployments(self, namespace: str, model: str) -> dict[str, Object]:
        """Those of a service by revision."""
        label = f"{self.settings.group}/revision"
        found = self.known_deployments(namespace, model)
        return {
            item["metadata"]["labels"][label]: item for item in found if not item["metadata"].get("deletionTimestamp")
        }

    def path(self, wanted: Wanted, more: str = "") -> str:
        """Of the ModelService itself."""
        group, space = self.settings.group, wanted.namespace
        return f"/apis/{group}/v1/namespaces/{space}/modelservices/{wanted.name}{more}"

    async def scale(self, wanted: Wanted, mark: str, count: int) -> None:
        """Another number of pods for a revision."""
        await self.kube.merge(deployment_path(wanted, mark), {"spec": {"replicas": count}})
        log.info("%s/%s: revision %s to %d pods", wanted.namespace, wanted.name, mark, count)

    async def tell(self, wanted: Wanted, reason: str, message: str, *, warning: bool) -> None:
        """An Event of the service, for `kubectl describe`. That it isn't told stops nothing."""
        log.info("%s/%s: %s: %s", wanted.namespace, wanted.name, reason, message)
        now = stamp()
        event: Object = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"generateName": f"{wanted.name}.", "namespace": wanted.namespace},
            "involvedObject": {
                "apiVersion": f"{self.settings.group}/v1",
                "kind": "ModelService",
                "name": wanted.name,
                "namespace": wanted.namespace,
                "uid": wanted.uid,
            },
            "type": "Warning" if warning else "Normal",
            "reason": reason,
            "message": message[:1000],
            "source": {"component": "serving"},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        try:
            await self.kube.create(f"/api/v1/namespaces/{wanted.namespace}/events", event)
        except KubeError as error:
            log.warning("no event: %s", error)


def deployment_path(wanted: Wanted, mark: str) -> str:
    """Of a revision."""
    return f"/apis/apps/v1/namespaces/{wanted.namespace}/deployments/{wanted.name}-{mark}"
