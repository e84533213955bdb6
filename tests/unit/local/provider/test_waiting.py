"""How the provider waits until something is there or gone, and what it says meanwhile; against a double."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2

from local.provider.await_ import ready
from local.provider.protos import engine_pb2_grpc, provider_pb2
from tests.doubles.api_server import ApiServer
from tests.support.provider_calls import Engine, InitFailedError, manifest, urn
from tests.unit.local.provider.objects import (
    CONFIG_MAP,
    DEPLOYMENT,
    INPUTS,
    LIVE,
    PATH,
    WEB,
    WEB_PATH,
    deployment,
    state_of,
)

AT_ONCE = 5
"""Seconds: far from the half minute after which a watch is begun anew, however busy the machine is."""


def test_waiting_ends_with_the_event_that_says_ready(engine: Engine, double: ApiServer) -> None:
    double.reply("PATCH", WEB_PATH, deployment(0, "1"))
    hold = threading.Event()
    watch = "/apis/apps/v1/namespaces/ns/deployments"
    events = [{"type": "MODIFIED", "object": deployment(0, "2")}, {"type": "MODIFIED", "object": deployment(1, "3")}]
    double.reply("WATCH", watch, events=events, hold=hold)
    start = time.monotonic()
    _, state = engine.create(DEPLOYMENT, WEB)
    hold.set()
    assert time.monotonic() - start < AT_ONCE
    assert state["metadata"]["resourceVersion"] == "3"
    asked = next(item for item in double.asked if "watch" in item.query)
    assert asked.query["fieldSelector"] == "metadata.name=web"
    assert asked.query["resourceVersion"] == "1"


def pod(**status: Any) -> dict[str, Any]:
    return manifest("v1", "Pod", "web-1", "ns", metadata={"uid": "p"}, status=status)


def test_a_timeout_hands_over_the_object_and_says_why(engine: Engine, double: ApiServer) -> None:
    double.reply("PATCH", WEB_PATH, deployment(0))
    double.reply("GET", WEB_PATH, deployment(0, "9"))
    double.reply("WATCH", "/apis/apps/v1/namespaces/ns/deployments", events=[])
    waiting = {"reason": "CrashLoopBackOff", "message": "back-off 10s"}
    container = {"name": "app", "ready": False, "restartCount": 2, "state": {"waiting": waiting}}
    double.reply("GET", "/api/v1/namespaces/ns/pods", {"items": [pod(phase="Running", containerStatuses=[container])]})
    event = {"type": "Warning", "reason": "BackOff", "message": "restarting failed container", "lastTimestamp": "2"}
    double.reply(
        "GET", "/api/v1/namespaces/ns/events", {"items": [event, {**event, "lastTimestamp": "1", "reason": "No"}]}
    )
    double.reply("GET", "/api/v1/namespaces/ns/pods/web-1/log", "starting\nno database\n")
    with pytest.raises(InitFailedError) as caught:
        engine.create(DEPLOYMENT, WEB, timeout=1)
    text = str(caught.value)
    assert caught.value.id == "ns/web"
    assert caught.value.state["metadata"]["resourceVersion"] == "9"
    assert caught.value.state["__inputs"] == WEB
    for part in ("timed out after 1 s", "Pod ns/web-1", "container app [CrashLoopBackOff]", "[BackOff]", "no database"):
        assert part in text
    log = next(item for item in double.asked if item.path.endswith("/log"))
    assert log.query == {"container": "app", "tailLines": "10", "previous": "true"}


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (
            {
                "phase": "Pending",
                "containerStatuses": [{"name": "c", "state": {"waiting": {"reason": "ImagePullBackOff"}}}],
            },
            "container c [ImagePullBackOff]",
        ),
        (
            {
                "phase": "Pending",
                "conditions": [
                    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}
                ],
            },
            "[Unschedulable] 0/1 nodes",
        ),
    ],
)
def test_reasons_of_pods(engine: Engine, double: ApiServer, status: dict[str, Any], says: str) -> None:
    double.reply("PATCH", WEB_PATH, deployment(0))
    double.reply("GET", WEB_PATH, deployment(0))
    double.reply("WATCH", "/apis/apps/v1/namespaces/ns/deployments", events=[])
    double.reply("GET", "/api/v1/namespaces/ns/pods", {"items": [pod(**status)]})
    double.reply("GET", "/api/v1/namespaces/ns/events", {"items": []})
    with pytest.raises(InitFailedError) as caught:
        engine.create(DEPLOYMENT, WEB, timeout=1)
    assert says in str(caught.value)


def test_a_failed_job_ends_the_wait_at_once(engine: Engine, double: ApiServer) -> None:
    job = manifest("batch/v1", "Job", "train", "ns", spec={"selector": {"matchLabels": {"job": "train"}}})
    failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "too often"}
    double.reply("PATCH", "/apis/batch/v1/namespaces/ns/jobs/train", {**job, "status": {"conditions": [failed]}})
    start = time.monotonic()
    with pytest.raises(InitFailedError, match="BackoffLimitExceeded: too often"):
        engine.create(urn("batch/v1:Job"), job)
    assert time.monotonic() - start < AT_ONCE


def test_an_error_while_waiting_still_hands_over_the_object(engine: Engine, double: ApiServer) -> None:
    double.reply("PATCH", WEB_PATH, deployment(0))
    double.fail("WATCH", "/apis/apps/v1/namespaces/ns/deployments", 400, "BadRequest", "no watch")
    with pytest.raises(InitFailedError, match="no watch") as caught:
        engine.create(DEPLOYMENT, WEB)
    assert caught.value.id == "ns/web"


def test_skip_await(engine: Engine, double: ApiServer) -> None:
    double.reply("PATCH", WEB_PATH, deployment(0))
    skipping = {**WEB, "metadata": {**WEB["metadata"], "annotations": {"pulumi.com/skipAwait": "true"}}}
    assert engine.create(DEPLOYMENT, skipping)[0] == "ns/web"


def test_cancel_ends_waiting_at_once(engine: Engine, double: ApiServer) -> None:
    double.reply("PATCH", WEB_PATH, deployment(0))
    hold = threading.Event()
    double.reply("WATCH", "/apis/apps/v1/namespaces/ns/deployments", events=[], hold=hold)
    caught: list[Exception] = []

    def create() -> None:
        try:
            engine.create(DEPLOYMENT, WEB)
        except InitFailedError as error:
            caught.append(error)

    waiting = threading.Thread(target=create)
    waiting.start()
    while not any("watch" in item.query for item in double.asked):
        time.sleep(0.01)
    time.sleep(0.2)
    start = time.monotonic()
    engine.stub.Cancel(empty_pb2.Empty())
    waiting.join(5)
    hold.set()
    assert time.monotonic() - start < AT_ONCE
    assert "cancelled" in str(caught[0])


def test_delete_waits_until_it_is_gone(engine: Engine, double: ApiServer) -> None:
    double.reply("DELETE", PATH, {})
    double.reply("GET", PATH, LIVE)
    hold = threading.Event()
    events = [{"type": "MODIFIED", "object": LIVE}, {"type": "DELETED", "object": LIVE}]
    double.reply("WATCH", "/api/v1/namespaces/ns/configmaps", events=events, hold=hold)
    engine.delete(CONFIG_MAP, "ns/a", state_of(LIVE, INPUTS))
    hold.set()
    assert double.of("DELETE")[0].body == {"propagationPolicy": "Foreground"}


def test_a_deletion_that_hangs_names_the_finalizers(engine: Engine, double: ApiServer) -> None:
    double.reply("DELETE", PATH, {})
    double.reply("GET", PATH, {**LIVE, "metadata": {**LIVE["metadata"], "finalizers": ["example.com/hold"]}})
    double.reply("WATCH", "/api/v1/namespaces/ns/configmaps", events=[])
    with pytest.raises(InitFailedError, match="example.com/hold".replace(".", r"\.")) as caught:
        engine.delete(CONFIG_MAP, "ns/a", state_of(LIVE, INPUTS), timeout=1)
    assert caught.value.state["__inputs"] == INPUTS


class EngineLog(engine_pb2_grpc.EngineServicer):  # type: ignore[misc]  # generated code has no types
    """What the provider tells the engine."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str, bool]] = []

    def Log(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's names
        self.said.append((request.urn, request.message, request.ephemeral))
        return empty_pb2.Empty()


def test_the_engine_hears_of_progress_and_warnings(engine: Engine, double: ApiServer) -> None:
    log = EngineLog()
    server = grpc.server(ThreadPoolExecutor(2))
    engine_pb2_grpc.add_EngineServicer_to_server(log, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    engine.stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address=f"127.0.0.1:{port}"))
    warning = {"Warning": '299 - "would violate PodSecurity"'}
    double.reply("PATCH", WEB_PATH, deployment(0, "1"), headers=warning)
    event = {"type": "MODIFIED", "object": deployment(1, "2")}
    double.reply("WATCH", "/apis/apps/v1/namespaces/ns/deployments", events=[event])
    engine.create(DEPLOYMENT, WEB)
    server.stop(None).wait()
    assert (DEPLOYMENT, "would violate PodSecurity", False) in log.said
    assert (DEPLOYMENT, "waiting for app ReplicaSet to be available (0/1 Pods available)", True) in log.said
    assert log.said[-1] == (DEPLOYMENT, "", True), "the last status isn't cleared"


def test_what_may_be_read_but_not_watched_is_polled(engine: Engine, double: ApiServer) -> None:
    double.reply("PATCH", WEB_PATH, deployment(0, "1"))
    double.fail("WATCH", "/apis/apps/v1/namespaces/ns/deployments", 403, "Forbidden", "no watch")
    double.reply("GET", WEB_PATH, deployment(1, "2"))
    assert engine.create(DEPLOYMENT, WEB)[1]["metadata"]["resourceVersion"] == "2"


def test_a_defect_while_waiting_still_hands_over_the_object(
    engine: Engine, double: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise KeyError("s3cret")

    monkeypatch.setattr(ready, "until_ready", broken)
    double.reply("PATCH", PATH, LIVE)
    with pytest.raises(InitFailedError, match="internal error while waiting: KeyError") as caught:
        engine.create(CONFIG_MAP, INPUTS)
    assert caught.value.id == "ns/a"
    assert "s3cret" not in str(caught.value)
