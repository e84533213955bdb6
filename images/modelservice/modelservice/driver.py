"""Steers one model service: from what is wanted and seen to pods, routes and a status, again and again."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace

from . import pods, rollout, routes, scaling, status, wanted
from .candidate import Candidate
from .cluster import Cluster, deployment_path
from .gate import LEAST_ROOM, Gate, Split
from .kube import KubeError
from .kube import Object as KubeObject
from .pods import Pod
from .probing import Probing
from .reporting import Reporting
from .revision import autoscaler, revision
from .routing import Routing
from .scaling import Bounds, Load
from .state import CANARY, PROMOTING, STARTING, Rejected, State, Version, stamp
from .stats import Use
from .wanted import Package, RefusedError, Wanted

TICK, QUICK, REST = 1.0, 0.2, 15.0
"""Seconds between two steps: as a rule, while somebody waits for a pod to get ready, and with nothing to look after."""
SPACING = 0.03
BUSY_PODS = 4
"""Times its target that a pod may have in flight from the activator before others wait for the next pod."""
AGAIN = rollout.Step("switch", "Passed", "it had been found good before the controller started anew")
log = logging.getLogger(__name__)


class Driver:
    """One model service."""

    def __init__(self, cluster: Cluster, item: KubeObject) -> None:
        """Nothing is done yet: `run` does."""
        self.cluster = cluster
        self.item = item
        self.taken = ""
        """Whose its host is already."""
        self.wake = asyncio.Event()
        self.gate = Gate(self.wake.set, limit=cluster.settings.max_waiting)
        self.state = self._told = State.read(item.get("status") or {})
        self.load = Load(time.monotonic())
        self.use = Use()
        self.size = 0
        self.wanted: Wanted | None = None
        self._looked = 0.0
        self._eager: set[str] = set()
        self._was_ready: set[str] = set()
        self._down: set[str] = set()
        """Pods that refused a connection, whatever the kubelet still says of them."""
        self._candidate = Candidate()
        self._probing = Probing(cluster.stats)
        self._routing = Routing(cluster)
        self._reporting = Reporting(cluster)
        self._scaler = ""

    def changed(self, item: KubeObject) -> None:
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
        while True:
            self.wake.clear()
            try:
                pause = await self.step()
            except KubeError as error:
                log.warning("%s: %s", self.item["metadata"]["name"], error)
                self.gate.trouble = str(error)
                pause = TICK
            except Exception:
                log.exception("%s: a step failed", self.item["metadata"]["name"])
                pause = TICK * 5
            await asyncio.sleep(SPACING)
            try:
                await asyncio.wait_for(self.wake.wait(), pause)
            except TimeoutError:
                continue

    def gauges(self) -> dict[str, float]:
        """What Prometheus is told."""
        weight = self._split(self.wanted).weight if self.wanted else 0
        return {
            "mlplatform_model_replicas": len(self._addresses()),
            "mlplatform_model_replicas_wanted": self.size,
            "mlplatform_model_replicas_max": self.wanted.most if self.wanted else 0,
            "mlplatform_model_in_flight": self.use.in_flight,
            "mlplatform_model_waiting": self.gate.waiting,
            "mlplatform_model_canary_weight": weight,
        }

    async def part(self) -> None:
        """The controller ends: pods that can answer are led to directly."""
        if self.wanted and not self.taken and (ready := self._addresses()):
            await self._routing.routes(self.wanted, ready, proxied=False)

    async def refuse(self, error: RefusedError) -> None:
        """Nothing can be done, and why."""
        await self._reporting.refused(self.item, error)

    async def step(self) -> float:
        """One look at everything, and what follows from it. Says when to look again."""
        settings, refused, package = self.cluster.settings, None, None
        try:
            want = self.wanted = wanted.read(self.item, settings)
            if self.taken:
                raise RefusedError(
                    "HostNotAllowed", f"host {want.host} is {self.taken}'s already; fix: rename one of them"
                )
        except RefusedError as error:
            self.gate.closed = str(error)
            await self.refuse(error)
            return REST
        try:
            package = wanted.package(self.item, settings)
        except RefusedError as error:
            refused = error
        self.gate.room = max(LEAST_ROOM, int(want.concurrency * BUSY_PODS))
        mine = self._pods()
        await self._look(want, mine)
        self._aim(want, package)
        self._take(self._next(want, mine))
        if self.state != self._told:
            # Decisions are written down before anything is done that can't be taken back.
            await self._reporting.decided(self.item, want, self._told, self.state)
            self._told = self.state
        size = await self._size(want)
        self._refresh()
        parting = size == 0
        await self._routing.routes(want, self._addresses(), proxied=parting or self._split(want).weight > 0)
        await self._shrink(want, size)
        await self._clean(want)
        self._probe(want)
        seen = self._seen(want, mine, refused)
        self.gate.closed = self._closed(want, refused)
        self.gate.trouble = ": ".join(seen.trouble) if seen.trouble else ""
        await self._reporting.report(self.item, want, self.state, package, seen, self.use.in_flight)
        return self._pause()

    def _pause(self) -> float:
        candidate = self.state.candidate
        if (candidate and candidate.phase == STARTING) or (self.gate.waiting and not self._addresses()):
            return QUICK
        return TICK if candidate or self.size or self._pods() else REST

    def _pods(self) -> list[Pod]:
        meta = self.item["metadata"]
        return self.cluster.pods(meta["namespace"], meta["name"])

    def _deployment(self, mark: str) -> KubeObject | None:
        meta = self.item["metadata"]
        return self.cluster.deployments(meta["namespace"], meta["name"]).get(mark)

    def _usable(self, pod: Pod) -> bool:
        if pod.name in self._down:
            return False
        if pod.ready:
            self._was_ready.add(pod.name)
        # Once the kubelet has found it ready, its word alone counts.
        return pod.ready or (pod.name in self._eager and pod.name not in self._was_ready)

    def _ready(self, mark: str) -> list[Pod]:
        return [pod for pod in self._pods() if pod.revision == mark and pod.address and self._usable(pod)]

    def _addresses(self) -> list[str]:
        return [pod.address for pod in self._ready(self.state.stable.mark)] if self.state.stable else []

    def _split(self, want: Wanted) -> Split:
        stable, candidate = self.state.stable, self.state.candidate
        if stable and candidate and candidate.phase in (CANARY, PROMOTING):
            return Split(stable.mark, candidate.mark, want.canary.weight)
        return Split(stable.mark if stable else "")

    def _refresh(self) -> None:
        """The gate knows the pods that are ready."""
        if self.wanted is None:
            return
        split = self._split(self.wanted)
        ready = [(pod.address, mark) for mark in (split.stable, split.candidate) if mark for pod in self._ready(mark)]
        self.gate.update(ready, split)

    async def _look(self, want: Wanted, mine: list[Pod]) -> None:
        """Ask the pods: those that start whether they are ready, those of stable how busy they are."""
        names = {pod.name for pod in mine}
        self._eager &= names
        self._was_ready &= names
        self._down &= names
        starting = [pod for pod in mine if pod.running and pod.address and not self._usable(pod)]
        if starting and (self.gate.waiting or self.state.candidate or self._down):
            answers = await asyncio.gather(*(self.cluster.stats.ready(pod.address) for pod in starting))
            ready = {pod.name for pod, answer in zip(starting, answers, strict=True) if answer}
            self._eager |= ready
            self._down -= ready
            self._refresh()
        now = time.monotonic()
        if now - self._looked >= TICK * 0.9:
            self._looked = now
            self.use = await self.cluster.stats.read(self._addresses())
            self._down |= {pod.name for pod in mine if pod.address in self.use.refused}
            self.load.observe(time.monotonic(), self.use.concurrency, asked=self.use.asked)

    def _aim(self, want: Wanted, package: Package | None) -> None:
        """A new version becomes the candidate; one that isn't wanted any more goes."""
        if package is None:
            return
        state, mark = self.state, revision(want, package, self.cluster.settings).mark
        stable, candidate, rejected = state.stable, state.candidate, state.rejected
        if stable and stable.mark == mark:
            if candidate:
                state = state.tried(candidate, "rolled-back", "Withdrawn", "the version before was asked for again", {})
            state = replace(state, candidate=None, stable=replace(stable, package=package), rejected=None)
        elif rejected and (rejected.mark, rejected.package) == (mark, package.mark):
            return
        elif candidate is None or candidate.mark != mark:
            if candidate:
                state = state.tried(candidate, "rolled-back", "Superseded", "another version was packed", {})
            state = replace(state, candidate=Version(mark, package, stamp(), STARTING))
            self._candidate = Candidate()
        self.state = state

    def _next(self, want: Wanted, mine: list[Pod]) -> rollout.Step:
        candidate, stable = self.state.candidate, self.state.stable
        if candidate is None:
            return rollout.WAIT
        own = [pod for pod in mine if pod.revision == candidate.mark]
        facts = self._candidate.facts(
            candidate.phase,
            own,
            len(self._ready(candidate.mark)),
            pods.refused(self._deployment(candidate.mark)),
            first=stable is None,
        )
        if stable and candidate.phase == CANARY:
            facts = replace(
                facts,
                stable=self.gate.meter(stable.mark).figures(),
                candidate=self.gate.meter(candidate.mark).figures(),
            )
        return rollout.step(want.canary, replace(facts, goal=max(1, self.size)))

    def _take(self, step: rollout.Step) -> None:
        """The state after a step."""
        candidate, stable = self.state.candidate, self.state.stable
        if candidate is None or step.what == "wait":
            return
        if step.what in ("canary", "promote"):
            phase = CANARY if step.what == "canary" else PROMOTING
            self._candidate.phase(step)
            if phase == CANARY:
                self.gate.meters.clear()
            self.state = replace(self.state, candidate=replace(candidate, phase=phase, since=stamp()))
        elif step.what == "switch":
            told = step if step.reason else self._candidate.promoted or AGAIN
            more = self._figures(stable, candidate)
            state = self.state.tried(candidate, "promoted", told.reason, told.message, more)
            self.state = replace(
                state, stable=replace(candidate, phase="", since=stamp()), candidate=None, rejected=None
            )
            self.load.active = time.monotonic()
        else:
            more = self._figures(stable, candidate)
            state = self.state.tried(candidate, "rolled-back", step.reason, step.message, more)
            rejected = Rejected(candidate.mark, candidate.package.mark, step.reason, step.message)
            self.state = replace(state, candidate=None, rejected=rejected)

    def _figures(self, stable: Version | None, candidate: Version) -> dict[str, object]:
        new = self.gate.meter(candidate.mark).figures()
        old = self.gate.meter(stable.mark).figures() if stable else None
        found: dict[str, object] = {"requests": new.requests, "errors": new.errors}
        if new.p95:
            found["p95"] = round(new.p95, 4)
        if old and old.p95:
            found["stableP95"] = round(old.p95, 4)
        return found

    async def _size(self, want: Wanted) -> int:
        """Deployments are there and large enough; says how many pods stable is to have."""
        stable, candidate = self.state.stable, self.state.candidate
        size = 0
        if stable:
            current = pods.size(await self._made(want, stable))
            size = await self._by_cpu(want, stable, current) if want.by_cpu else self._by_load(want, current)
            if candidate:
                # To be compared with, and to take over again.
                size = max(size, 1, current if candidate.phase == PROMOTING else 0)
            if size > current:
                await self.cluster.scale(want, stable.mark, size)
        self.size = size
        if candidate:
            goal = max(1, size) if candidate.phase == PROMOTING else 1
            if pods.size(await self._made(want, candidate)) < goal:
                await self.cluster.scale(want, candidate.mark, goal)
        return size

    def _by_load(self, want: Wanted, current: int) -> int:
        bounds = Bounds(want.least, want.most, want.concurrency, want.idle_seconds)
        return scaling.wanted(self.load, bounds, current, self.gate.waiting, time.monotonic())

    async def _by_cpu(self, want: Wanted, stable: Version, current: int) -> int:
        """Kubernetes' autoscaler says how many; it looks away while there is none."""
        manifest = autoscaler(want, f"{want.name}-{stable.mark}", self.cluster.settings.group)
        if self._scaler != str(manifest["spec"]):
            await self.cluster.kube.apply(routes.paths(want)["autoscaler"], manifest)
            self._scaler = str(manifest["spec"])
        return max(current, want.least, 1)

    async def _shrink(self, want: Wanted, size: int) -> None:
        """Fewer pods, once requests are led elsewhere."""
        stable = self.state.stable
        if stable and not want.by_cpu and size < pods.size(self._deployment(stable.mark)):
            await self.cluster.scale(want, stable.mark, size)
        if not want.by_cpu and self._scaler != "none":
            await self.cluster.kube.delete(routes.paths(want)["autoscaler"])
            self._scaler = "none"

    async def _made(self, want: Wanted, version: Version) -> KubeObject:
        """The Deployment of a version, which somebody may have removed."""
        found = self._deployment(version.mark)
        if found is None:
            made = revision(want, version.package, self.cluster.settings, version.mark)
            found = await self.cluster.kube.apply(deployment_path(want, version.mark), made.manifest)
        return found

    async def _clean(self, want: Wanted) -> None:
        """Revisions that are neither stable nor tried go; their pods answer what they have, and end."""
        kept = {version.mark for version in (self.state.stable, self.state.candidate) if version}
        for mark in set(self.cluster.deployments(want.namespace, want.name)) - kept:
            await self.cluster.kube.delete(deployment_path(want, mark))

    def _probe(self, want: Wanted) -> None:
        """Requests of our own, where others ask too little to judge by."""
        stable, candidate = self.state.stable, self.state.candidate
        if stable is None or candidate is None or candidate.phase != CANARY:
            return
        for mark in (stable.mark, candidate.mark):
            self._probing.go(
                [pod.address for pod in self._ready(mark)],
                self.gate.meter(mark),
                self._candidate.elapsed,
                want.canary,
                mark,
            )

    def _seen(self, want: Wanted, mine: list[Pod], refused: RefusedError | None) -> status.Seen:
        version = self.state.candidate if self.state.stable is None else self.state.stable
        trouble = None
        if version:
            own = [pod.blocked for pod in mine if pod.revision == version.mark and pod.blocked]
            crashed = [pod for pod in mine if pod.revision == version.mark and pod.crashes and not pod.ready]
            trouble = pods.refused(self._deployment(version.mark)) or (own[0] if own else None)
            if trouble is None and crashed:
                trouble = ("Crashing", crashed[0].crash)
        return status.Seen(len(self._addresses()), self.size, trouble, refused)

    def _closed(self, want: Wanted, refused: RefusedError | None) -> str:
        if self.state.stable or self.state.candidate:
            return ""
        if refused:
            return str(refused)
        if self.state.rejected:
            return f"no version works: {self.state.rejected.reason}: {self.state.rejected.message}"
        return status.how_to_pack(want)
