"""The controller as a process: its turn, its end and what it tells."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest

from images.modelservice.modelservice import __main__ as program
from images.modelservice.modelservice.settings import Settings
from tests.doubles.model_cluster import Behaviour
from tests.support.ports import free_port
from tests.unit.images.modelservice.rig import Rig, rig

LEASE = "/apis/coordination.k8s.io/v1/namespaces/mlp-platform/leases/serving"


def run(what: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(what, 30))


def of_a_pod(found: Rig) -> Settings:
    """Of one of the controller's pods, at ports of this test alone."""
    ports = {"proxy_port": free_port(), "metrics_port": free_port()}
    return replace(found.settings, namespace="mlp-platform", pod="serving-1", **ports)


async def text(found: Rig, port: int, path: str) -> str:
    async with found.session.get(f"http://127.0.0.1:{port}{path}") as answer:
        assert answer.status == 200
        return await answer.text()


def test_it_takes_its_turn_tells_and_lets_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "ACCOUNT", None)
    monkeypatch.setattr(program, "HEARD_SECONDS", 0.1)

    async def body() -> None:
        async with rig() as found:
            found.declare()
            found.pack(1)
            settings = of_a_pod(found)
            running = asyncio.create_task(program.run(settings, found.cluster.url))
            await found.until(
                lambda: (
                    running.done()
                    or found.cluster.objects.get(LEASE, {}).get("spec", {}).get("holderIdentity") == "serving-1"
                )
            )
            assert not running.done(), running.exception()
            await asyncio.sleep(1)
            assert await text(found, settings.metrics_port, "/healthz") == "ok\n"
            told = await text(found, settings.metrics_port, "/metrics")
            assert 'mlplatform_model_replicas_max{namespace_of="team-search",model="keywords"} 3' in told
            os.kill(os.getpid(), signal.SIGTERM)
            assert await running == 0
            assert found.cluster.objects[LEASE]["spec"]["holderIdentity"] == ""

    run(body())


def test_who_waits_for_a_turn_is_well_and_steers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "ACCOUNT", None)

    async def body() -> None:
        async with rig() as found:
            held = {"holderIdentity": "serving-0", "renewTime": "2999-01-01T00:00:00.000000Z"}
            found.cluster.put(LEASE, {"metadata": {"name": "serving"}, "spec": held})
            settings = of_a_pod(found)
            running = asyncio.create_task(program.run(settings, found.cluster.url))
            await asyncio.sleep(0.5)
            assert await text(found, settings.metrics_port, "/healthz") == "ok\n"
            os.kill(os.getpid(), signal.SIGTERM)
            assert await running == 0
            assert found.cluster.objects[LEASE]["spec"] == held

    run(body())


def test_without_its_environment_it_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GROUP", raising=False)
    assert program.main() == 2
    assert "'GROUP' isn't set" in capsys.readouterr().err


def test_when_it_ends_in_a_canary_stable_is_led_to_directly() -> None:
    async def body() -> None:
        async with rig() as found:
            found.declare()
            found.pack(1)
            await found.until(lambda: found.status.get("phase") == "Ready" and not found.proxied)
            stable = found.led
            found.pack(2)
            await found.until(lambda: found.proxied)
            await found.controller.part()
            assert found.led == stable

    run(body())


def test_who_waits_when_it_ends_is_told_to_come_again() -> None:
    async def body() -> None:
        async with rig() as found:
            found.declare()
            found.pack(1, Behaviour(start=float("inf")))
            await found.until(lambda: found.led)
            asking = asyncio.create_task(found.ask())
            gate = found.controller.gate("keywords-search.localhost")
            assert gate
            await found.until(lambda: gate.waiting == 1)
            await found.controller.part()
            assert (await asking)[0] == 503

    run(body())


def test_a_pod_that_nobody_has_heard_the_end_of_is_led_to_no_more() -> None:
    async def body() -> None:
        async with rig() as found:
            found.declare(replicas={"min": 2, "max": 2})
            found.pack(1)
            await found.until(lambda: len(found.led) == 2)
            pod = next(iter(found.cluster.pods.values()))
            await pod.stop()
            assert await found.until(lambda: pod.address not in found.led) < 2
            await pod.serve(found.settings.model_port)
            await found.until(lambda: pod.address in found.led)

    run(body())
