"""Deployments are there, and as large as they have to be."""

from __future__ import annotations

import time

from . import pods, routes, scaling
from .cluster import Cluster, deployment_path
from .kube import Object
from .revision import autoscaler, revision
from .scaling import Bounds, Load
from .state import PROMOTING, State, Version
from .view import View
from .wanted import Wanted

NONE = "none"


class Sizing:
    """The pods of one service."""

    def __init__(self, cluster: Cluster, view: View) -> None:
        """Nothing is known of its autoscaler."""
        self._cluster, self._view = cluster, view
        self._scaler = ""

    async def grow(self, want: Wanted, state: State, load: Load, waiting: int) -> int:
        """As many pods as it takes, and no fewer yet; says how many stable is to have."""
        stable, candidate = state.stable, state.candidate
        size = 0
        if stable:
            current = pods.size(await self._made(want, stable))
            if want.by_cpu:
                size = await self._by_cpu(want, stable, current)
            else:
                bounds = Bounds(want.least, want.most, want.concurrency, want.idle_seconds)
                size = scaling.wanted(load, bounds, current, waiting, time.monotonic())
            if candidate:
                # To be compared with, and to take over again.
                size = max(size, 1, current if candidate.phase == PROMOTING else 0)
            if size > current:
                await self._cluster.scale(want, stable.mark, size)
        if candidate:
            goal = max(1, size) if candidate.phase == PROMOTING else 1
            if pods.size(await self._made(want, candidate)) < goal:
                await self._cluster.scale(want, candidate.mark, goal)
        return size

    async def shrink(self, want: Wanted, state: State, size: int) -> None:
        """Fewer pods, once requests are led elsewhere. What is neither stable nor tried goes."""
        stable = state.stable
        if stable and not want.by_cpu and size < pods.size(self._view.deployment(stable.mark)):
            await self._cluster.scale(want, stable.mark, size)
        if not want.by_cpu and self._scaler != NONE:
            await self._cluster.kube.delete(routes.paths(want)["autoscaler"])
            self._scaler = NONE
        kept = {version.mark for version in (stable, state.candidate) if version}
        for mark in set(self._view.deployments()) - kept:
            await self._cluster.kube.delete(deployment_path(want, mark))

    async def _by_cpu(self, want: Wanted, stable: Version, current: int) -> int:
        """Kubernetes' autoscaler says how many; it looks away while there is none."""
        manifest = autoscaler(want, f"{want.name}-{stable.mark}", self._cluster.settings.group)
        if self._scaler != str(manifest["spec"]):
            await self._cluster.kube.apply(routes.paths(want)["autoscaler"], manifest)
            self._scaler = str(manifest["spec"])
        return max(current, want.least, 1)

    async def _made(self, want: Wanted, version: Version) -> Object:
        """The Deployment of a version, which somebody may have removed."""
        found = self._view.deployment(version.mark)
        if found is None:
            made = revision(want, version.package, self._cluster.settings, version.mark)
            found = await self._cluster.kube.apply(deployment_path(want, version.mark), made)
        return found
