"""Steers one model service: from what is wanted and seen to pods, routes and a status, again and again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

from . import pods, status, wanted
from .cluster import Cluster
from .deciding import Deciding
from .gate import LEAST_ROOM, Gate
from .kube import KubeError, Object
from .probing import Probing
from .reporting import Reporting
from .routing import Routing
from .scaling import Load
from .sizing import Sizing
from .state import CANARY, STARTING, State, Version
from .stats import Readings, Use
from .view import View
from .wanted import Package, RefusedError, Wanted

TICK, QUICK, REST = 1.0, 0.2, 15.0
"""Seconds between two steps: as a rule, while somebody waits for a pod to get ready, and with nothing to look after."""
SPACING = 0.03
BUSY_PODS = 4
"""Times its target that a pod may have in flight from the activator before others wait for the next pod."""
log = logging.getLogger(__name__)


class Driver:
    """One model service."""

    def __init__(self, cluster: Cluster, item: Object) -> None:
        """Nothing is done yet: `run` does."""
        self.cluster = cluster
        self.item = item
        self.taken = ""
        """Whose its host is already."""
        self.wake = asyncio.Event()
        self.gate = Gate(self.wake.set, limit=cluster.settings.max_waiting)
        self._view = View(cluster, item["metadata"]["namespace"], item["metadata"]["name"])
        self._deciding = Deciding(item.get("status") or {}, self._view, self.gate)
        self._told = self.state
        self._load, self._use = Load(time.monotonic()), Use()
        self._readings = Readings(cluster.stats)
        self._wanted: Wanted | None = None
        self._size, self._looked = 0, 0.0
        self._sizing = Sizing(cluster, self._view)
        self._probing = Probing(cluster.stats)
        self._routing = Routing(cluster)
        self._reporting = Reporting(cluster)

    @property
    def state(self) -> State:
        """All that is decided."""
        return self._deciding.state

    def changed(self, item: Object) -> None:
        """The object is another now."""
        before, self.item = self.item["metadata"], item
        after = item["metadata"]
        # Its own words in the status are no news.
        if (before.get("generation"), before.get("annotations")) != (after.get("generation"), after.get("annotations")):
            self.wake.set()

    def pods_changed(self) -> None:
        """Pods came, went, or got ready: who is led to them is told at once."""
        self._refresh()
        self.wake.set()

    async def run(self) -> None:
        """Step after step, until cancelled."""
        try:
            while True:
                self.wake.clear()
                pause = await self._careful_step()
                await asyncio.sleep(SPACING)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.wake.wait(), pause)
        finally:
            self._probing.stop()

    async def _careful_step(self) -> float:
        """What goes wrong with one service, or one time, isn't the others' trouble."""
        try:
            return await self.step()
        except KubeError as error:
            log.warning("%s: %s", self.item["metadata"]["name"], error)
            self.gate.trouble = str(error)
            return TICK
        except Exception:
            log.exception("%s: a step failed", self.item["metadata"]["name"])
            return TICK * 5

    def gauges(self) -> dict[str, float]:
        """What Prometheus is told."""
        return {
            "mlplatform_model_replicas": len(self._addresses()),
            "mlplatform_model_replicas_wanted": self._size,
            "mlplatform_model_replicas_max": self._wanted.most if self._wanted else 0,
            "mlplatform_model_in_flight": self._use.in_flight,
            "mlplatform_model_waiting": self.gate.waiting,
            "mlplatform_model_canary_weight": self.gate.split.weight,
        }

    async def part(self) -> None:
        """The controller ends: pods that can answer are led to directly."""
        if self._wanted and not self.taken and (ready := self._addresses()):
            await self._routing.routes(self._wanted, ready, proxied=False)

    async def refuse(self, error: RefusedError) -> None:
        """Nothing can be done, and why."""
        self.gate.closed = str(error)
        await self._reporting.refused(self.item, error)

    async def step(self) -> float:
        """One look at everything, and what follows from it. Says when to look again."""
        try:
            want = self._wanted = self._read()
        except RefusedError as error:
            await self.refuse(error)
            return REST
        refused, package = None, None
        try:
            package = wanted.package(self.item, self.cluster.settings)
        except RefusedError as error:
            refused = error
        self.gate.room = max(LEAST_ROOM, int(want.concurrency * BUSY_PODS))
        await self._look()
        await self._decide(want, package)
        self._size = await self._sizing.grow(want, self.state, self._load, self.gate.waiting)
        self._refresh()
        split = self.gate.split
        await self._routing.routes(want, self._addresses(), proxied=self._size == 0 or split.weight > 0)
        await self._sizing.shrink(want, self.state, self._size)
        self._probe(want)
        seen = self._seen(refused)
        self.gate.closed = status.closed(want, self.state, refused)
        self.gate.trouble = ": ".join(seen.trouble) if seen.trouble else ""
        await self._reporting.report(self.item, want, self.state, package, seen, self._use.in_flight)
        return self._pause()

    def _read(self) -> Wanted:
        want = wanted.read(self.item, self.cluster.settings)
        if self.taken:
            what = f"host {want.host} is {self.taken}'s already"
            raise RefusedError("HostNotAllowed", f"{what}; fix: rename one of them")
        return want

    async def _look(self) -> None:
        """Ask the pods: those that start whether they are ready, those of stable how busy they are."""
        await self._view.ask(somebody_waits=self.gate.waiting > 0 or self.state.candidate is not None)
        self._refresh()
        now = time.monotonic()
        if now - self._looked >= TICK * 0.9:
            self._looked = now
            self._use = await self._readings.look(self._addresses())
            self._view.refused(self._use.refused)
            self._load.observe(time.monotonic(), self._use.concurrency, asked=self._use.asked)

    async def _decide(self, want: Wanted, package: Package | None) -> None:
        self._deciding.aim(want, package)
        step = self._deciding.go_on(want, max(1, self._size))
        if step.what == "switch":
            self._load.active = time.monotonic()
        if self.state != self._told:
            # Decisions are written down before anything is done that can't be taken back.
            await self._reporting.decided(self.item, want, self._told, self.state)
            self._told = self.state

    def _refresh(self) -> None:
        """The gate knows the pods that are ready."""
        if self._wanted is None:
            return
        split = self._deciding.split(self._wanted)
        marks = [mark for mark in (split.stable, split.candidate) if mark]
        self.gate.update([(pod.address, mark) for mark in marks for pod in self._view.ready(mark)], split)

    def _addresses(self) -> list[str]:
        """Of stable's pods that are ready."""
        return [pod.address for pod in self._view.ready(self.state.stable.mark)] if self.state.stable else []

    def _probe(self, want: Wanted) -> None:
        """Requests of our own, where others ask too little to judge by."""
        stable, candidate = self.state.stable, self.state.candidate
        if stable is None or candidate is None or candidate.phase != CANARY:
            return
        for mark in (stable.mark, candidate.mark):
            addresses = [pod.address for pod in self._view.ready(mark)]
            self._probing.go(addresses, self.gate.meter(mark), self._deciding.candidate.elapsed, want.canary, mark)

    def _seen(self, refused: RefusedError | None) -> status.Seen:
        stable, candidate = self._trouble(self.state.stable), self._trouble(self.state.candidate)
        trouble = stable if self.state.stable else candidate
        return status.Seen(len(self._addresses()), self._size, trouble, refused, candidate)

    def _trouble(self, version: Version | None) -> tuple[str, str] | None:
        """What keeps pods of a version from coming or from answering."""
        if version is None:
            return None
        own = [pod for pod in self._view.pods() if pod.revision == version.mark]
        return pods.refused(self._view.deployment(version.mark)) or pods.trouble(own)

    def _pause(self) -> float:
        candidate = self.state.candidate
        if (candidate and candidate.phase == STARTING) or (self.gate.waiting and not self._addresses()):
            return QUICK
        return TICK if candidate or self._size or self._view.pods() else REST
