"""A model service: packed and answering in time, every answer logged, new versions and kills without lost requests."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TypeVar

import pytest

from tests.e2e.serving.conftest import First, Say, Serving
from tests.support import killing, registered
from tests.support.cluster import Cluster
from tests.support.refused import Refused
from tests.support.traffic.background import Background
from tests.support.traffic.schedule import constant

PACKAGE_SECONDS = 60
LOG_SECONDS = 10
RATE = 20
BACK_SECONDS = 60
LOGGED = "version, model, features::text, answer::text, score, seconds FROM serving.predictions WHERE request_id = '{}'"
Found = TypeVar("Found")


@pytest.mark.timeout(300)
def test_from_package_to_first_answer_in_time(first: First, say: Say) -> None:
    say(f"mlp model package to first answer: {first.seconds:.1f} s, promised {PACKAGE_SECONDS} s")
    assert first.seconds < PACKAGE_SECONDS


@pytest.mark.timeout(60)
def test_an_answer_says_what_gave_it(first: First, serving: Serving) -> None:
    answer = first.service.predict({"history": [7]}, {"history": []}, k=2)
    assert answer["outputs"] == [{"items": [8, 9], "score": 0.5}, {"items": [1, 2], "score": 1.0}]
    assert answer["version"] == serving.version("good")
    assert answer["model"] == registered.NAME
    assert answer["request_id"]


@pytest.mark.timeout(60)
def test_a_prediction_is_logged_with_what_monitoring_needs(first: First, serving: Serving) -> None:
    answer = first.service.predict({"history": [11, 12]})
    (row,) = eventually(lambda: serving.team.role.run(f"SELECT {LOGGED}".format(answer["request_id"])))
    version, model, features, logged, score, seconds = row.split("|")
    assert (version, model) == (answer["version"], answer["model"])
    assert "[11, 12]" in features
    assert json.dumps(answer["outputs"][0]["items"]) in logged
    assert float(score) == pytest.approx(1 / 3)
    assert 0 < float(seconds) < 5


@pytest.mark.timeout(60)
def test_feedback_joins_its_prediction(first: First, serving: Serving) -> None:
    request = first.service.predict()["request_id"]
    first.service.site.ask("POST", "/feedback", {"request_id": request, "item": 7, "clicked": True})
    joined = (
        "SELECT f.item, f.clicked, p.version FROM serving.feedback f JOIN serving.predictions p USING (request_id) "
        f"WHERE request_id = '{request}'"
    )
    assert eventually(lambda: serving.team.role.run(joined)) == [f"7|t|{serving.version('good')}"]


@pytest.mark.timeout(60)
def test_it_is_shown_to_people(first: First, serving: Serving) -> None:
    shown = first.service.shown()
    assert str(shown["status"]["stable"]["version"]) == serving.version("good")
    assert first.service.host in json.dumps(shown)


@pytest.mark.timeout(240)
def test_a_new_version_rolls_out_under_load_without_a_failure(first: First, serving: Serving, say: Say) -> None:
    old, new = serving.version("good"), serving.version("good", 1)
    service = first.service
    with Background(service.target(), constant(RATE)) as load:
        load.wait(2)
        service.serve(registered.uri(new))
        packed = service.mlp("package").must_succeed()
        switched = load.now
        load.wait(3)
    traffic = load.traffic
    say(
        f"new version under {RATE} requests a second: {len(traffic.samples)} asked, {len(traffic.failures)} failed; "
        f"packed, tried and promoted in {packed.seconds:.0f} s; promised: none fails"
    )
    assert not traffic.failures, str(traffic)
    assert set(traffic.said) == {old, new}
    assert {sample.said for sample in traffic.between(since=switched + 1)} == {new}


@pytest.mark.timeout(180)
def test_rolled_back_the_version_before_serves_again(first: First, serving: Serving, say: Say) -> None:
    old, new = serving.version("good"), serving.version("good", 1)
    service = first.service
    if service.predict()["version"] != new:
        service.serve(registered.uri(new))
        service.mlp("package").must_succeed()
    with Background(service.target(), constant(RATE)) as load:
        load.wait(1)
        back = service.mlp("rollback").must_succeed()
        switched = load.now
        load.wait(2)
    traffic = load.traffic
    say(
        f"mlp model rollback under {RATE} requests a second: the version before serves after {back.seconds:.0f} s, "
        f"{len(traffic.failures)} of {len(traffic.samples)} failed"
    )
    assert not traffic.failures, str(traffic)
    assert {sample.said for sample in traffic.between(since=switched + 1)} == {old}
    assert service.predict()["version"] == old
    newest = service.shown()["status"]["history"][0]
    assert (newest["result"], str(newest["version"])) == ("promoted", old)


@pytest.mark.timeout(120)
def test_a_killed_pod_is_back(first: First, say: Say) -> None:
    service = first.service
    with Background(service.target(), constant(RATE)) as load:
        load.wait(1)
        killed = load.now
        service.kill()
        service.until("answers come again", lambda: well_for(load, 1.0, since=killed), BACK_SECONDS)
        back = load.now - killed
    traffic = load.traffic
    failed, asked = len(traffic.failures), len(traffic.between(since=killed, until=killed + back))
    say(f"the only pod of a service killed -9: answers again after {back:.1f} s, {failed} of {asked} requests failed")
    assert back < BACK_SECONDS
    # Those under way, and those until the routes lead to where requests wait for the pod.
    assert failed < 2 * RATE, str(traffic)


@pytest.mark.timeout(120)
def test_traffic_goes_on_without_the_controller(first: First, cluster: Cluster, say: Say) -> None:
    with Background(first.service.target(), constant(RATE)) as load:
        load.wait(1)
        for pod in killing.pods(cluster, "mlp-platform", "app.kubernetes.io/name=serving"):
            killing.kill(killing.of_pod(pod))
        load.wait(6)
    traffic = load.traffic
    say(f"serving's controller killed: {len(traffic.failures)} of {len(traffic.samples)} requests failed")
    assert not traffic.failures, str(traffic)
    cluster.kubectl("rollout", "status", "-n", "mlp-platform", "deployment/serving", "--timeout=60s")


@pytest.mark.timeout(60)
def test_by_processor_kubernetes_scales(first: First, serving: Serving, cluster: Cluster) -> None:
    service = serving.made("processor", scaleBy="cpu", replicas={"min": 1, "max": 2})
    first.given_to(service)
    found = eventually(lambda: cluster.items("horizontalpodautoscalers", "-n", service.namespace), seconds=30)
    (scaler,) = [one for one in found if one["spec"]["scaleTargetRef"]["name"].startswith(service.name)]
    assert (scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]) == (1, 2)
    assert scaler["spec"]["metrics"][0]["resource"]["name"] == "cpu"
    service.remove(wait=False)


def well_for(load: Background, seconds: float, since: float) -> bool:
    """Whether everything that was due in the last so many seconds (but for what is still under way) went well."""
    now = load.now
    recent = load.traffic.between(since=max(since, now - seconds - 0.5), until=now - 0.5)
    return now - since > seconds and len(recent) >= seconds * RATE / 2 and all(sample.well for sample in recent)


def eventually(look: Callable[[], Found], seconds: float = LOG_SECONDS) -> Found:
    """What is there once something is there. Tables are made with the first row that a team's models ever log."""
    end = time.monotonic() + seconds
    while True:
        try:
            if found := look():
                return found
        except Refused as no:
            if "does not exist" not in no.said:
                raise
        assert time.monotonic() < end, f"nothing after {seconds:g} s"
        time.sleep(0.3)
