"""All model services of the cluster: a driver for each, and what is known of the namespaces that they are in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from .cluster import Cluster
from .driver import Driver
from .gate import Gate
from .informer import Informer
from .kube import Kube, KubeError, Object
from .metrics import Sample
from .settings import Settings
from .stats import Stats
from .wanted import RefusedError

PATIENCE = 5.0
log = logging.getLogger(__name__)
Key = tuple[str, str]


@dataclass
class Space:
    """One namespace."""

    pods: Informer
    deployments: Informer
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def problem(self) -> KubeError | None:
        """Why nothing is known of it."""
        return self.pods.problem or self.deployments.problem

    async def synced(self) -> None:
        """Everything is known."""
        await self.pods.synced.wait()
        await self.deployments.synced.wait()


class Controller:
    """Follows the ModelServices, and answers for each of them."""

    def __init__(self, kube: Kube, settings: Settings, stats: Stats) -> None:
        """Nothing is followed yet: `run` does."""
        self.settings, self._kube = settings, kube
        self.steers = False
        """Whether it is this one's turn."""
        self.cluster = Cluster(kube, settings, stats, self._pods, self._deployments)
        self.drivers: dict[Key, Driver] = {}
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._spaces: dict[str, Space] = {}
        self._hosts: dict[str, Driver] = {}
        self._model = f"{settings.group}/model"
        self.services = Informer(kube, f"/apis/{settings.group}/v1/modelservices", None, self._service)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            await self.services.run()
        finally:
            for task in [*self._tasks.values(), *(task for space in self._spaces.values() for task in space.tasks)]:
                task.cancel()

    async def part(self) -> None:
        """The process ends: what can do without it does; what it holds is told to come again."""
        for task in self._tasks.values():
            task.cancel()
        for driver in self.drivers.values():
            driver.gate.part()
        results = await asyncio.gather(*(driver.part() for driver in self.drivers.values()), return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                log.warning("routes of a service couldn't be handed over: %s", result)

    def gate(self, host: str) -> Gate | None:
        """Of the service that a host name is."""
        driver = self._hosts.get(host)
        return driver.gate if driver else None

    def samples(self) -> list[Sample]:
        """The gauges of all services."""
        return [Sample(space, name, driver.gauges()) for (space, name), driver in sorted(self.drivers.items())]

    def _service(self, kind: str, item: Object) -> None:
        key = (item["metadata"]["namespace"], item["metadata"]["name"])
        known = self.drivers.get(key)
        if known and (kind == "DELETED" or known.item["metadata"]["uid"] != item["metadata"]["uid"]):
            self.drivers.pop(key).gate.shut("the service was removed")
            self._tasks.pop(key).cancel()
            known = None
        if kind != "DELETED":
            if known:
                known.changed(item)
            else:
                self._follow(key[0])
                driver = self.drivers[key] = Driver(self.cluster, item)
                self._tasks[key] = _start(self._drive(driver, key[0]))
        self._name_hosts()
        if kind == "DELETED" and not any(space == key[0] for space, _ in self.drivers):
            self._forget(key[0])

    def _name_hosts(self) -> None:
        """Each host is the oldest service's that asks for it."""
        self._hosts.clear()
        for (space, name), driver in sorted(
            self.drivers.items(), key=lambda item: (item[1].item["metadata"].get("creationTimestamp", ""), item[0])
        ):
            host = str(driver.item["spec"].get("host"))
            other = self._hosts.get(host)
            was, driver.taken = driver.taken, ""
            if other:
                driver.taken = "{namespace}/{name}".format(**other.item["metadata"])
            inside = f"model-{name}.{space}"
            for found in (inside, f"{inside}.svc", f"{inside}.svc.cluster.local", *([] if other else [host])):
                self._hosts[found] = driver
            if was != driver.taken:
                driver.wake.set()

    async def _drive(self, driver: Driver, namespace: str) -> None:
        space = self._spaces[namespace]
        while True:
            try:
                await asyncio.wait_for(space.synced(), PATIENCE)
                break
            except TimeoutError:
                why = str(space.problem or "the API server doesn't answer")
                log.warning("%s: nothing is known yet: %s", namespace, why)
                try:
                    await driver.refuse(
                        RefusedError("NotPermitted", f"the controller can't look into {namespace}: {why}")
                    )
                except KubeError as error:
                    log.warning("%s: %s", namespace, error)
        await driver.run()

    def _follow(self, namespace: str) -> None:
        if namespace in self._spaces:
            return

        def changed(_: str, item: Object) -> None:
            name = (item["metadata"].get("labels") or {}).get(self._model)
            driver = self.drivers.get((namespace, name or ""))
            if driver:
                driver.pods_changed()

        space = Space(
            Informer(self._kube, f"/api/v1/namespaces/{namespace}/pods", self._model, changed),
            Informer(self._kube, f"/apis/apps/v1/namespaces/{namespace}/deployments", self._model, changed),
        )
        space.tasks = [_start(space.pods.run()), _start(space.deployments.run())]
        self._spaces[namespace] = space

    def _forget(self, namespace: str) -> None:
        for task in self._spaces.pop(namespace).tasks:
            task.cancel()

    def _pods(self, namespace: str, model: str) -> list[Object]:
        space = self._spaces.get(namespace)
        return _of(space.pods, self._model, model) if space else []

    def _deployments(self, namespace: str, model: str) -> list[Object]:
        space = self._spaces.get(namespace)
        return _of(space.deployments, self._model, model) if space else []


def _of(informer: Informer, label: str, model: str) -> list[Object]:
    return [item for item in informer.items.values() if (item["metadata"].get("labels") or {}).get(label) == model]


def _start(what: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.create_task(what)
