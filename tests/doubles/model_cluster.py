"""A small cluster for the serving controller: an API server that keeps objects and streams watches, and model pods.

Deployments get pods at once: real HTTP servers on loopback addresses of their own, which answer as a test says. What
a model pod is like is told by the digits of its image's digest (`ModelCluster.behaviours`).
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import json
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Object = dict[str, Any]
_addresses = itertools.count(2)


@dataclass
class Behaviour:
    """What pods of one image do."""

    version: str = "1"
    seconds: float = 0.002
    """An answer takes."""
    errors: float = 0.0
    """Share of answers that are 500."""
    start: float = 0.05
    """Seconds until it is ready; infinite: never."""
    crashes: bool = False
    """Its container ends at once, again and again."""
    blocked: tuple[str, str] | None = None
    """Its container waits: reason and message."""
    example: bytes | None = b'{"inputs": [{}]}'


@dataclass
class ModelPod:
    """One pod: an HTTP server that answers as a model does."""

    name: str
    behaviour: Behaviour
    address: str = field(default_factory=lambda: f"127.1.{next(_addresses) // 250}.{next(_addresses) % 250 + 2}")
    answered: int = 0
    probed: int = 0
    in_flight: int = 0
    busy: float = 0.0
    errors: int = 0
    ready: bool = False
    runner: web.AppRunner | None = None
    changed: float = field(default_factory=time.monotonic)

    def count(self, by: int) -> None:
        now = time.monotonic()
        self.busy += self.in_flight * (now - self.changed)
        self.changed, self.in_flight = now, self.in_flight + by

    async def serve(self, port: int) -> None:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post("/predict", self.predict)
        app.router.add_get("/stats", self.stats)
        app.router.add_get("/readyz", self.readyz)
        app.router.add_get("/example", self.example)
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        await self.runner.setup()
        await web.TCPSite(self.runner, self.address, port).start()

    async def stop(self) -> None:
        if self.runner:
            await self.runner.cleanup()

    async def predict(self, request: web.Request) -> web.Response:
        self.count(1)
        try:
            await request.read()
            await asyncio.sleep(self.behaviour.seconds)
            self.answered += 1
            self.probed += "x-mlplatform-probe" in request.headers
            if self.behaviour.errors and (self.answered * self.behaviour.errors) % 1 < self.behaviour.errors:
                self.errors += 1
                return web.json_response({"error": "NaN in the answer", "fix": "-"}, status=500)
            return web.json_response({"version": self.behaviour.version, "pod": self.name})
        finally:
            self.count(-1)

    async def stats(self, _: web.Request) -> web.Response:
        self.count(0)
        return web.json_response(
            {"in_flight": self.in_flight, "busy_seconds": self.busy, "requests": self.answered, "errors": self.errors}
        )

    async def readyz(self, _: web.Request) -> web.Response:
        return web.Response(status=200 if self.ready else 503)

    async def example(self, _: web.Request) -> web.Response:
        body = self.behaviour.example
        return web.Response(status=404) if body is None else web.Response(body=body, content_type="application/json")


class ModelCluster:
    """The API server and its pods; `url` is where it is while its context is open."""

    def __init__(self, model_port: int) -> None:
        self.behaviours: dict[str, Behaviour] = {}
        """By the image's whole name."""
        self.pods: dict[str, ModelPod] = {}
        self.objects: dict[str, Object] = {}
        """By path."""
        self.calls: list[tuple[str, str]] = []
        self.slices: list[list[str]] = []
        """The addresses of each slice that was written, in order."""
        self.quota: int | None = None
        """Pods that the namespace may have."""
        self.grace = 0.3
        """Seconds that a pod goes on to answer after it was to go."""
        self.fail: Callable[[str, str], int | None] = lambda method, path: None
        self._port, self._version = model_port, 0
        self._watchers: dict[str, list[asyncio.Queue[Object]]] = defaultdict(list)
        self._runner: web.AppRunner | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._counter = itertools.count()
        self.url = ""

    async def __aenter__(self) -> ModelCluster:
        server = web.Server(self._handle, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        assert site._server is not None
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[attr-defined]
        return self

    async def __aexit__(self, *_: object) -> None:
        for queues in self._watchers.values():
            for queue in queues:
                queue.put_nowait({})
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*(pod.stop() for pod in self.pods.values()))
        if self._runner:
            await self._runner.cleanup()

    # What tests look at and do.

    def put(self, path: str, item: Object) -> Object:
        """Make or change an object, as its owner would."""
        before = self.objects.get(path)
        self._version += 1
        meta = item.setdefault("metadata", {})
        meta["resourceVersion"] = str(self._version)
        meta.setdefault("uid", f"uid-{path}")
        meta.setdefault("generation", 1)
        meta.setdefault("creationTimestamp", f"2026-01-01T00:00:{len(self.objects) % 60:02d}Z")
        self.objects[path] = item
        self._tell("MODIFIED" if before else "ADDED", path, item)
        return item

    def remove(self, path: str) -> None:
        """It is gone."""
        item = self.objects.pop(path)
        self._tell("DELETED", path, item)
        if "/deployments/" in path:
            self._reconcile(path, item, 0)

    def of_image(self, image: str) -> list[ModelPod]:
        """Pods that run an image, ones that go included."""
        wanted = self.behaviours[image]
        return [pod for pod in self.pods.values() if pod.behaviour is wanted]

    async def kill(self, pod: ModelPod) -> None:
        """A pod ends without a word; its Deployment makes another."""
        await pod.stop()
        path = next(path for path in self.objects if path.endswith(f"/pods/{pod.name}"))
        owner = self.objects[path]["metadata"]["annotations"]["owner"]
        self.remove(path)
        del self.pods[pod.name]
        if owner in self.objects:
            self._reconcile(owner, self.objects[owner], self.objects[owner]["spec"].get("replicas", 1))

    # The API server.

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.rel_url.path
        self.calls.append((request.method, path))
        failed = self.fail(request.method, path)
        if failed:
            return _status(failed, "Failed")
        if request.method == "GET":
            if request.rel_url.query.get("watch"):
                return await self._watch(request, path)
            if path in self.objects:
                return web.json_response(self.objects[path])
            if len(path.partition("/namespaces/")[2].split("/")) == 3:
                return _status(404, "NotFound")
            items = [item for place, item in self.objects.items() if _in(path, place)]
            return web.json_response({"metadata": {"resourceVersion": str(self._version)}, "items": items})
        if request.method == "DELETE":
            if path not in self.objects:
                return _status(404, "NotFound")
            self.remove(path)
            return _status(200, "Success")
        body = json.loads(await request.read())
        if request.method == "POST":
            name = body["metadata"].get("name") or f"{body['metadata']['generateName']}{next(self._counter)}"
            if f"{path}/{name}" in self.objects:
                return _status(409, "AlreadyExists")
            return web.json_response(self.put(f"{path}/{name}", body))
        return self._patch(path, body, "apply" in request.headers["Content-Type"])

    def _patch(self, path: str, body: Object, apply: bool) -> web.Response:
        status_only = path.endswith("/status")
        path = path.removesuffix("/status")
        before = self.objects.get(path)
        if before is None and not apply:
            return _status(404, "NotFound")
        after = copy.deepcopy(before or {})
        version = body.get("metadata", {}).get("resourceVersion")
        if before and version and version != before["metadata"]["resourceVersion"]:
            return _status(409, "Conflict")
        _merge(after, {"status": body["status"]} if status_only else body)
        if "/endpointslices/" in path:
            after["endpoints"] = body["endpoints"]
            self.slices.append([address for found in body["endpoints"] for address in found["addresses"]])
        if "/deployments/" in path:
            after["spec"].setdefault("replicas", 1)
        if before and after == before:
            return web.json_response(before)
        self.put(path, after)
        if "/deployments/" in path and not status_only:
            self._reconcile(path, after, after["spec"]["replicas"])
        return web.json_response(after)

    async def _watch(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        queue: asyncio.Queue[Object] = asyncio.Queue()
        since = int(request.rel_url.query["resourceVersion"])
        for place, item in self.objects.items():
            if _in(path, place) and int(item["metadata"]["resourceVersion"]) > since:
                queue.put_nowait({"type": "MODIFIED", "object": copy.deepcopy(item)})
        self._watchers[path].append(queue)
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            while event := await queue.get():
                await answer.write(json.dumps(event).encode() + b"\n")
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._watchers[path].remove(queue)
        return answer

    def _tell(self, kind: str, place: str, item: Object) -> None:
        for path, queues in self._watchers.items():
            if _in(path, place):
                for queue in queues:
                    queue.put_nowait({"type": kind, "object": copy.deepcopy(item)})

    # Kubelet and controllers.

    def _reconcile(self, path: str, deployment: Object, count: int) -> None:
        space, name = path.split("/")[5], path.rsplit("/", 1)[1]
        prefix = f"/api/v1/namespaces/{space}/pods/"
        mine = [
            place
            for place, item in self.objects.items()
            if place.startswith(prefix)
            and item["metadata"]["annotations"]["owner"] == path
            and "deletionTimestamp" not in item["metadata"]
        ]
        for place in mine[count:]:
            self._start(self._end(place))
        for _ in range(count - len(mine)):
            there = sum(place.startswith(prefix) for place in self.objects)
            if self.quota is not None and there >= self.quota:
                failed = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: team"}
                deployment.setdefault("status", {})["conditions"] = [failed]
                self.put(path, deployment)
                return
            self._make(prefix, path, name, deployment)

    def _make(self, prefix: str, path: str, name: str, deployment: Object) -> None:
        template = deployment["spec"]["template"]
        image = template["spec"]["containers"][0]["image"]
        pod = ModelPod(f"{name}-{next(self._counter)}", self.behaviours[image])
        self.pods[pod.name] = pod
        item = {
            "metadata": {
                "name": pod.name,
                "namespace": prefix.split("/")[4],
                "labels": template["metadata"]["labels"],
                "annotations": {"owner": path},
            },
            "status": {"phase": "Pending"},
        }
        self.put(prefix + pod.name, item)
        self._start(self._begin(prefix + pod.name, pod))

    async def _begin(self, place: str, pod: ModelPod) -> None:
        behaviour = pod.behaviour
        if behaviour.blocked:
            self._state(place, {"waiting": {"reason": behaviour.blocked[0], "message": behaviour.blocked[1]}}, pod)
            return
        if behaviour.crashes:
            for restarts in range(20):
                ended = {"terminated": {"reason": "Error", "exitCode": 1, "message": "no module named model"}}
                self._state(place, {"waiting": {"reason": "CrashLoopBackOff"}}, pod, restarts + 1, ended)
                await asyncio.sleep(0.1)
            return
        await pod.serve(self._port)
        self._state(place, {"running": {}}, pod)
        if behaviour.start == float("inf"):
            return
        await asyncio.sleep(behaviour.start)
        pod.ready = True
        # The kubelet hears of it later.
        await asyncio.sleep(0.2)
        self._state(place, {"running": {}}, pod)

    def _state(self, place: str, state: Object, pod: ModelPod, restarts: int = 0, last: Object | None = None) -> None:
        if place not in self.objects:
            return
        item = copy.deepcopy(self.objects[place])
        item["status"] = {
            "phase": "Running",
            "podIP": pod.address if pod.runner else "",
            "conditions": [{"type": "Ready", "status": "True" if pod.ready else "False"}],
            "containerStatuses": [{"name": "model", "state": state, "lastState": last or {}, "restartCount": restarts}],
        }
        self.put(place, item)

    async def _end(self, place: str) -> None:
        item = copy.deepcopy(self.objects[place])
        item["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        self.put(place, item)
        await asyncio.sleep(self.grace)
        pod = self.pods.pop(item["metadata"]["name"])
        await pod.stop()
        self.remove(place)

    def _start(self, what: Any) -> None:
        task = asyncio.create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _in(collection: str, place: str) -> bool:
    """Whether an object's path is in a collection, of one namespace or of all."""
    head, _, resource = collection.rpartition("/")
    if place.startswith(collection + "/"):
        return "/" not in place[len(collection) + 1 :]
    parts = place.split("/")
    return place.startswith(head + "/namespaces/") and len(parts) >= 3 and parts[-2] == resource


def _merge(target: Object, patch: Object) -> None:
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        else:
            target[key] = copy.deepcopy(_without_nulls(value))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return value


def _status(code: int, reason: str) -> web.Response:
    return web.json_response({"kind": "Status", "code": code, "reason": reason, "message": reason}, status=code)
