"""The controller and its activator as they run, on a small cluster of doubles."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from images.modelservice.modelservice.activator import Activator
from images.modelservice.modelservice.controller import Controller
from images.modelservice.modelservice.kube import Kube
from images.modelservice.modelservice.settings import Settings
from images.modelservice.modelservice.stats import Stats
from tests.doubles.model_cluster import Behaviour, ModelCluster
from tests.support.ports import free_port

SERVICE = "/apis/mlplatform.dev/v1/namespaces/team-search/modelservices/keywords"
SLICE = "/apis/discovery.k8s.io/v1/namespaces/team-search/endpointslices/model-keywords"
HOST = "keywords-search.localhost"
SPEC: dict[str, Any] = {
    "host": HOST,
    "ingressClass": "traefik",
    "model": "models:/keywords@champion",
    "resources": {"cpu": "100m", "memory": "256Mi"},
    "replicas": {"min": 0, "max": 3},
    "scaleBy": "requests",
    "targetConcurrency": 4,
    "idleSeconds": 60,
    "canary": {"weight": 20, "seconds": 2, "startSeconds": 1, "maxErrorPercent": 1, "maxLatencyRatio": 3},
    "keysSecret": "model-keys",
    "rotation": 1,
}


def image(number: int) -> str:
    return f"registry:5000/mlplatform/model-team-search-keywords@sha256:{number:064x}"


@dataclass
class Rig:
    """What a test drives and looks at."""

    cluster: ModelCluster
    settings: Settings
    kube: Kube
    session: aiohttp.ClientSession
    controller: Controller
    answers: list[tuple[int, float, str]] = field(default_factory=list)
    """Status, seconds and version of each answer."""

    def declare(self, **changes: Any) -> None:
        item = {"metadata": {"name": "keywords", "namespace": "team-search"}, "spec": {**SPEC, **changes}}
        before = self.cluster.objects.get(SERVICE)
        if before:
            item = {**before, "spec": item["spec"]}
            item["metadata"] = {**before["metadata"], "generation": before["metadata"]["generation"] + 1}
        self.cluster.put(SERVICE, item)

    def pack(self, number: int, behaviour: Behaviour | None = None, **more: str) -> None:
        """A version is packed."""
        found = behaviour or Behaviour()
        found.version = str(number)
        self.cluster.behaviours.setdefault(image(number), found)
        told = {"image": image(number), "version": str(number), "model": "keywords", "run": "r", "at": "now", **more}
        item = json.loads(json.dumps(self.cluster.objects[SERVICE]))
        item["metadata"].setdefault("annotations", {})["mlplatform.dev/package"] = json.dumps(told)
        self.cluster.put(SERVICE, item)

    @property
    def status(self) -> dict[str, Any]:
        return dict(self.cluster.objects[SERVICE].get("status") or {})

    def condition(self, kind: str) -> tuple[str, str, str]:
        for found in self.status.get("conditions") or []:
            if found["type"] == kind:
                return found["status"], found["reason"], found["message"]
        return "", "", ""

    @property
    def led(self) -> list[str]:
        """Where the slice leads requests to."""
        found = self.cluster.objects.get(SLICE, {"endpoints": []})
        return [address for endpoint in found["endpoints"] for address in endpoint["addresses"]]

    @property
    def proxied(self) -> bool:
        return self.led == [self.settings.address]

    async def until(self, what: Callable[[], object], seconds: float = 15.0) -> float:
        begun = time.monotonic()
        while not what():
            assert time.monotonic() - begun < seconds, (self.status, self.led)
            await asyncio.sleep(0.02)
        return time.monotonic() - begun

    async def ask(self, body: bytes = b"{}", path: str = "/predict", host: str = HOST) -> tuple[int, dict[str, Any]]:
        """One request as an ingress controller sends it: to a pod of the slice, or to the activator."""
        begun = time.monotonic()
        found = self.cluster.objects.get(SLICE)
        assert found, "no route yet"
        address = self.led[len(self.answers) % len(self.led)]
        url = f"http://{address}:{found['ports'][0]['port']}{path}"
        async with self.session.post(url, data=body, headers={"Host": host}) as answer:
            told = await answer.json()
            self.answers.append((answer.status, time.monotonic() - begun, str(told.get("version", ""))))
            return answer.status, told

    async def ask_for(self, seconds: float, rate: float) -> None:
        """Requests at a rate, whatever their answers do."""
        begun, running, sent = time.monotonic(), [], 0
        while (now := time.monotonic() - begun) < seconds:
            while sent <= now * rate:
                running.append(asyncio.create_task(self.ask()))
                sent += 1
            await asyncio.sleep(0.005)
        await asyncio.gather(*running)


@contextlib.asynccontextmanager
async def rig(**changes: Any) -> AsyncIterator[Rig]:
    """A cluster, the controller and its activator."""
    port = free_port()
    settings = Settings(
        "mlplatform.dev",
        "127.0.0.1",
        free_port(),
        free_port(),
        "localhost",
        "http://{host}:8080",
        "registry:5000",
        model_port=port,
        **changes,
    )
    async with ModelCluster(port) as cluster, Kube(cluster.url) as kube, aiohttp.ClientSession() as session:
        controller = Controller(kube, settings, Stats(session, port))
        activator = Activator(settings, controller.gate)
        await activator.start("127.0.0.1")
        running = asyncio.create_task(controller.run())
        try:
            yield Rig(cluster, settings, kube, session, controller)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await activator.stop()
