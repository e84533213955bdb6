"""What one service has: its pods as the API server tells of them, and as they are when asked."""

from __future__ import annotations

import asyncio

from .cluster import Cluster
from .kube import Object
from .pods import Pod


class View:
    """The pods and Deployments of one service."""

    def __init__(self, cluster: Cluster, namespace: str, name: str) -> None:
        """Nobody has been asked yet."""
        self._cluster, self._namespace, self._name = cluster, namespace, name
        self._eager: set[str] = set()
        """Pods that say that they are ready before the kubelet does."""
        self._was_ready: set[str] = set()
        self._down: set[str] = set()
        """Pods that refused a connection, whatever the kubelet still says of them."""

    def pods(self) -> list[Pod]:
        """All that don't go."""
        return self._cluster.pods(self._namespace, self._name)

    def deployments(self) -> dict[str, Object]:
        """By revision."""
        return self._cluster.deployments(self._namespace, self._name)

    def deployment(self, mark: str) -> Object | None:
        """Of a revision."""
        return self.deployments().get(mark)

    def ready(self, mark: str) -> list[Pod]:
        """Pods of a revision that answer."""
        return [pod for pod in self.pods() if pod.revision == mark and pod.address and self._usable(pod)]

    def refused(self, addresses: frozenset[str]) -> None:
        """At these addresses nobody listened."""
        self._down |= {pod.name for pod in self.pods() if pod.address in addresses}

    async def ask(self, *, somebody_waits: bool) -> None:
        """Whether pods that start, or were down, are ready: if it matters to anybody before the kubelet says so."""
        known = self.pods()
        names = {pod.name for pod in known}
        for kept in (self._eager, self._was_ready, self._down):
            kept &= names
        asked = [pod for pod in known if pod.running and pod.address and not self._usable(pod)]
        if asked and (somebody_waits or self._down):
            answers = await asyncio.gather(*(self._cluster.stats.ready(pod.address) for pod in asked))
            ready = {pod.name for pod, answer in zip(asked, answers, strict=True) if answer}
            self._eager |= ready
            self._down -= ready

    def _usable(self, pod: Pod) -> bool:
        if pod.name in self._down:
            return False
        if pod.ready:
            self._was_ready.add(pod.name)
        # Once the kubelet has found it ready, its word alone counts.
        return pod.ready or (pod.name in self._eager and pod.name not in self._was_ready)
