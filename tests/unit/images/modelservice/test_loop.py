"""The whole controller against doubles of the API server and of model pods."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from tests.doubles.model_cluster import Behaviour
from tests.unit.images.modelservice.rig import SERVICE, Rig, image, rig


def run(what: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(what, 55))


async def serving(found: Rig, behaviour: Behaviour | None = None, **changes: Any) -> None:
    """Version 1 answers directly."""
    found.declare(**changes)
    found.pack(1, behaviour)
    await found.until(lambda: found.status.get("phase") == "Ready" and not found.proxied)


def test_without_a_package_it_says_how_to_pack_one() -> None:
    async def body() -> None:
        async with rig() as found:
            found.declare()
            await found.until(lambda: found.status.get("phase") == "NoPackage" and found.led)
            status, told = await found.ask()
            assert status == 503
            assert "mlp model package keywords --team search" in told["error"]
            assert found.condition("Ready")[:2] == ("False", "NoPackage")
            assert not found.cluster.pods
            assert found.status["url"] == "http://keywords-search.localhost:8080"

    run(body())


def test_the_first_version_serves_as_soon_as_it_predicts() -> None:
    async def body() -> None:
        async with rig() as found:
            await serving(found)
            assert await found.ask() == (200, {"version": "1", "pod": next(iter(found.cluster.pods))})
            assert found.led == [pod.address for pod in found.cluster.pods.values()]
            assert found.condition("RolledOut")[:2] == ("True", "Promoted")
            assert found.condition("Ready")[:2] == ("True", "Serving")
            (entry,) = found.status["history"]
            assert (entry["result"], entry["reason"], entry["version"]) == ("promoted", "FirstVersion", "1")
            assert found.status["stable"]["image"] == image(1)

    run(body())


def test_idle_pods_go_and_a_request_brings_one_back() -> None:
    async def body() -> None:
        async with rig() as found:
            await serving(found, idleSeconds=4)
            took = await found.until(lambda: not found.cluster.pods)
            assert took < 4 + 1
            assert found.proxied
            await found.until(lambda: found.status["phase"] == "Idle")
            answers = await asyncio.gather(*(found.ask() for _ in range(20)))
            assert [status for status, _ in answers] == [200] * 20
            assert max(seconds for _, seconds, _ in found.answers) < 3
            await found.until(lambda: not found.proxied)

    run(body())


def test_more_requests_get_more_pods_and_no_more_than_may_be() -> None:
    async def body() -> None:
        async with rig() as found:
            await serving(found, Behaviour(seconds=0.2), targetConcurrency=2)
            await found.ask_for(4, 40)
            await found.until(lambda: len(found.led) == 3, 5)
            assert found.status["replicas"] == 3 or await found.until(lambda: found.status["replicas"] == 3) >= 0
            assert {status for status, _, _ in found.answers} == {200}

    run(body())


def test_a_good_version_takes_over_and_no_request_fails() -> None:
    async def body() -> None:
        async with rig() as found:
            await serving(found)
            asking = asyncio.create_task(found.ask_for(6, 30))
            await asyncio.sleep(0.5)
            found.pack(2)
            await found.until(lambda: found.status.get("candidate", {}).get("phase") == "Canary" and found.proxied)
            await found.until(lambda: found.status["stable"]["version"] == "2" and not found.proxied)
            await asking
            assert {status for status, _, _ in found.answers} == {200}
            versions = [version for _, _, version in found.answers]
            before = versions[: versions.index("2") + 60]
            assert before.count("2") <= 0.21 * len(before)
            assert versions[-1] == "2"
            assert {pod.behaviour.version for pod in found.cluster.pods.values()} == {"2"}
            entry = found.status["history"][0]
            assert (entry["result"], entry["reason"], entry["errors"]) == ("promoted", "Passed", 0)

    run(body())


async def rolled_back(found: Rig, behaviour: Behaviour, reason: str, *, asked: bool = True) -> dict[str, Any]:
    """Version 2 is rolled back, while version 1 answers all."""
    await serving(found)
    asking = asyncio.create_task(found.ask_for(3.5, 25)) if asked else None
    found.pack(2, behaviour)
    await found.until(lambda: found.status["history"][0]["result"] == "rolled-back")
    if asking:
        await asking
        assert {status for status, _, _ in found.answers} == {200}
    entry = dict(found.status["history"][0])
    assert entry["reason"] == reason, entry
    assert found.status["stable"]["version"] == "1"
    await found.until(lambda: not found.proxied and not found.cluster.of_image(image(2)))
    assert (await found.ask())[1]["version"] == "1"
    assert found.condition("RolledOut")[:2] == ("False", reason)
    assert found.condition("Ready")[0] == "True"
    events = [item for path, item in found.cluster.objects.items() if "/events/" in path]
    assert events[-1]["reason"] == "RolledBack"
    assert events[-1]["type"] == "Warning"
    # It isn't tried again, until it is packed again.
    await asyncio.sleep(1.5)
    assert not found.cluster.of_image(image(2))
    found.pack(2, at="later")
    await found.until(lambda: found.cluster.of_image(image(2)))
    return entry


def test_a_version_that_crashes_gets_no_request() -> None:
    async def body() -> None:
        async with rig() as found:
            entry = await rolled_back(found, Behaviour(crashes=True), "Crashed")
            assert "no module named model" in entry["message"]
            assert "2" not in {version for _, _, version in found.answers}

    run(body())


def test_a_version_that_never_gets_ready_gets_no_request() -> None:
    async def body() -> None:
        async with rig() as found:
            entry = await rolled_back(found, Behaviour(start=float("inf")), "NotReady")
            assert "within 1 s" in entry["message"]
            assert "2" not in {version for _, _, version in found.answers}

    run(body())


def test_wrong_answers_are_found_and_nobody_sees_one() -> None:
    async def body() -> None:
        async with rig() as found:
            entry = await rolled_back(found, Behaviour(errors=0.5), "Errors")
            assert "NaN in the answer" in entry["message"]
            assert entry["errors"] >= 2

    run(body())


def test_wrong_answers_are_found_without_traffic() -> None:
    async def body() -> None:
        async with rig() as found:
            await rolled_back(found, Behaviour(errors=1.0), "Errors", asked=False)

    run(body())


def test_a_slow_version_is_found() -> None:
    async def body() -> None:
        async with rig() as found:
            entry = await rolled_back(found, Behaviour(seconds=0.3), "Slow")
            assert "3 times as long is allowed" in entry["message"]

    run(body())


def test_a_slow_version_is_found_without_traffic() -> None:
    async def body() -> None:
        async with rig() as found:
            await rolled_back(found, Behaviour(seconds=0.3), "Slow", asked=False)

    run(body())


def test_a_canary_starts_a_pod_of_an_idle_service_to_compare_with() -> None:
    async def body() -> None:
        async with rig() as found:
            await serving(found, idleSeconds=4)
            await found.until(lambda: not found.cluster.pods)
            found.pack(2, Behaviour(seconds=0.3))
            await found.until(lambda: found.status["history"][0]["result"] == "rolled-back")
            assert found.status["history"][0]["reason"] == "Slow"

    run(body())


def test_a_quota_that_is_full_is_said_and_blamed_on_no_version() -> None:
    async def body() -> None:
        async with rig() as found:
            found.cluster.quota = 1
            await serving(found)
            found.pack(2)
            await asyncio.sleep(3)
            assert len(found.status["history"]) == 1
            assert found.status["candidate"]["phase"] == "Starting"
            assert "QuotaExceeded: exceeded quota: team" in found.condition("RolledOut")[2]
            assert (await found.ask())[0] == 200

    run(body())


def test_an_image_that_cannot_be_pulled_is_said() -> None:
    async def body() -> None:
        async with rig() as found:
            found.declare()
            found.pack(1, Behaviour(blocked=("ImagePullBackOff", "manifest unknown")))
            await found.until(lambda: found.condition("Ready")[1] == "ImagePull")
            assert "manifest unknown" in found.condition("Ready")[2]

    run(body())


def test_a_pod_that_dies_is_led_to_no_more_at_once() -> None:
    async def body() -> None:
        async with rig() as found:
            await serving(found, replicas={"min": 2, "max": 3})
            await found.until(lambda: len(found.led) == 2)
            pod = next(iter(found.cluster.pods.values()))
            await found.cluster.kill(pod)
            assert await found.until(lambda: pod.address not in found.led) < 0.5
            await found.until(lambda: len(found.led) == 2)

    run(body())


def test_a_controller_that_starts_anew_goes_on() -> None:
    async def body() -> None:
        async with rig() as found:
            await serving(found)
            found.pack(2)
            await found.until(lambda: found.status.get("candidate", {}).get("phase") == "Canary")
            driver = found.controller.drivers["team-search", "keywords"]
            item = found.cluster.objects[SERVICE]
            found.controller._service("DELETED", item)
            assert driver.gate.closed
            found.controller._service("ADDED", item)
            await found.until(lambda: found.status["stable"]["version"] == "2" and not found.proxied)
            assert len(found.status["history"]) == 2

    run(body())


def test_another_pack_while_one_is_tried_takes_its_place() -> None:
    async def body() -> None:
        async with rig() as found:
            await serving(found)
            found.pack(2)
            await found.until(lambda: found.status.get("candidate", {}).get("phase") == "Canary")
            found.pack(3)
            await found.until(lambda: found.status.get("candidate", {}).get("version") == "3")
            assert found.status["history"][0]["reason"] == "Superseded"
            found.pack(1)
            await found.until(lambda: found.status["history"][0]["reason"] == "Withdrawn")
            await found.until(lambda: not found.proxied and found.condition("RolledOut")[0] == "True")

    run(body())


def test_other_settings_are_another_revision() -> None:
    async def body() -> None:
        async with rig() as found:
            await serving(found)
            mark = found.status["stable"]["revision"]
            found.declare(resources={"cpu": "200m", "memory": "256Mi"})
            await found.until(lambda: found.status["stable"]["revision"] != mark)
            assert found.status["stable"]["version"] == "1"

    run(body())


def test_scaling_by_processor_is_left_to_kubernetes() -> None:
    async def body() -> None:
        async with rig() as found:
            await serving(found, scaleBy="cpu", replicas={"min": 2, "max": 3})
            path = "/apis/autoscaling/v2/namespaces/team-search/horizontalpodautoscalers/model-keywords"
            scaler = found.cluster.objects[path]["spec"]
            assert (scaler["minReplicas"], scaler["maxReplicas"]) == (2, 3)
            assert scaler["scaleTargetRef"]["name"] == f"keywords-{found.status['stable']['revision']}"
            await found.until(lambda: len(found.led) == 2)

    run(body())


def test_what_a_team_may_not_have_is_refused() -> None:
    async def body() -> None:
        async with rig() as found:
            found.declare(host="mlflow.localhost")
            await found.until(lambda: found.condition("Ready")[1] == "HostNotAllowed")
            assert not found.led
            found.declare()
            await found.until(lambda: found.status["phase"] == "NoPackage")
            found.pack(1, image="registry:5000/mlplatform/mlflow@sha256:" + "0" * 64)
            await found.until(lambda: found.condition("RolledOut")[1] == "PackageNotAllowed")
            assert not found.cluster.pods

    run(body())


def test_a_removed_service_is_forgotten() -> None:
    async def body() -> None:
        async with rig() as found:
            await serving(found)
            found.cluster.remove(SERVICE)
            await found.until(lambda: not found.controller.drivers)
            assert found.controller.gate("keywords-search.localhost") is None

    run(body())
