"""What the controller reads of services and pods, what it makes and what it keeps, without a cluster."""

from __future__ import annotations

import json
from typing import Any

import pytest

from images.modelservice.modelservice import pods, revision, routes, status, wanted
from images.modelservice.modelservice.settings import Settings
from images.modelservice.modelservice.state import CANARY, KEPT, Rejected, State, Version
from images.modelservice.modelservice.wanted import Package, RefusedError, Wanted
from tests.unit.images.modelservice.rig import SPEC, image

SETTINGS = Settings("mlplatform.dev", "100.64.16.7", 8080, 9090, "localhost", "http://{host}", "registry:5000")


def item(**spec: Any) -> dict[str, Any]:
    meta = {"name": "keywords", "namespace": "team-search", "uid": "u", "annotations": {}}
    return {"metadata": meta, "spec": {**SPEC, **spec}}


def read(**spec: Any) -> Wanted:
    return wanted.read(item(**spec), SETTINGS)


PACKAGE = Package(image(1), "1", "keywords", "r", "mark")


# What is asked for.


def test_a_service_has_its_own_address_and_no_other() -> None:
    assert read().hosts == (
        "keywords-search.localhost",
        "model-keywords.team-search",
        "model-keywords.team-search.svc",
        "model-keywords.team-search.svc.cluster.local",
    )
    for host in ("mlflow.localhost", "keywords-other.localhost", "keywords-search.example.com"):
        with pytest.raises(RefusedError, match=r"fix: set spec.host to keywords-search.localhost"):
            read(host=host)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "[]",
        "{}",
        '{"image": 5}',
        json.dumps({"image": image(1).replace("search", "other")}),
        json.dumps({"image": image(1).replace("keywords@", "other@")}),
        json.dumps({"image": image(1).replace("registry:5000", "elsewhere")}),
        json.dumps({"image": "registry:5000/mlplatform/model-team-search-keywords:latest"}),
        json.dumps({"image": image(1) + "\n"}),
    ],
)
def test_a_package_is_the_services_own_image_by_digest(text: str) -> None:
    found = item()
    found["metadata"]["annotations"]["mlplatform.dev/package"] = text
    with pytest.raises(RefusedError, match="fix: run `mlp model package keywords --team search` again"):
        wanted.package(found, SETTINGS)


def test_packing_again_is_told_apart() -> None:
    marks = set()
    for at in ("a", "b"):
        found = item()
        found["metadata"]["annotations"]["mlplatform.dev/package"] = json.dumps({"image": image(1), "at": at})
        package = wanted.package(found, SETTINGS)
        assert package
        marks.add(package.mark)
    assert len(marks) == 2


# What is made.


def test_a_revision_is_its_image_and_its_settings() -> None:
    mark = revision.mark_of(read(), PACKAGE)
    same = [
        read(replicas={"min": 1, "max": 9}),
        read(idleSeconds=100),
        read(canary={"weight": 5}),
        read(model="models:/keywords/7"),
    ]
    other = [
        read(resources={"cpu": "1", "memory": "256Mi"}),
        read(resources={"cpu": "100m", "memory": "1Gi"}),
        read(gpu=1),
        read(batching={"maxSize": 8, "maxLatencyMs": 20}),
        read(rotation=2),
    ]
    assert {revision.mark_of(want, PACKAGE) for want in same} == {mark}
    assert len({mark, *(revision.mark_of(want, PACKAGE) for want in other)}) == 6
    assert revision.mark_of(read(), Package(image(2))) != mark
    assert revision.mark_of(read(), Package(image(1), mark="another")) == mark


def test_a_model_pod_is_restricted_and_has_no_token() -> None:
    manifest = revision.revision(read(gpu=2), PACKAGE, SETTINGS, "abcdef01")
    template = manifest["spec"]["template"]
    spec = template["spec"]
    (container,) = spec["containers"]
    assert manifest["metadata"]["name"] == "keywords-abcdef01"
    assert manifest["metadata"]["ownerReferences"][0]["uid"] == "u"
    assert manifest["spec"]["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    assert template["metadata"]["annotations"]["mlplatform.dev/metrics-port"] == "3000"
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["limits"] == {"memory": "256Mi", "nvidia.com/gpu": "2"}
    features = {"secretRef": {"name": "feature-keys", "optional": True}}
    assert container["envFrom"] == [{"secretRef": {"name": "model-keys"}}, features]
    assert {entry["name"]: entry["value"] for entry in container["env"]} == {
        "HOME": "/tmp",
        "MAX_BATCH_LATENCY_MS": "0",
        "MAX_BATCH_SIZE": "0",
        "MODEL_SERVICE": "keywords",
        "TEAM": "search",
    }
    # It answers until routers have heard, and has time for what it has then.
    assert spec["terminationGracePeriodSeconds"] > container["lifecycle"]["preStop"]["sleep"]["seconds"] + 8


def test_a_slice_names_the_services_port_and_who_answers() -> None:
    want = read()
    assert routes.where([], SETTINGS, proxied=False) == (["100.64.16.7"], 8080)
    assert routes.where(["b", "a", "a"], SETTINGS, proxied=False) == (["a", "b"], 3000)
    assert routes.where(["a"], SETTINGS, proxied=True) == (["100.64.16.7"], 8080)
    found = routes.endpoints(want, ["100.64.16.8"], 3000, "mlplatform.dev")
    (port,) = found["ports"]
    assert port["name"] == routes.service(want, "mlplatform.dev")["spec"]["ports"][0]["name"]
    assert found["metadata"]["labels"]["kubernetes.io/service-name"] == "model-keywords"
    assert "selector" not in routes.service(want, "mlplatform.dev")["spec"]


# What is seen of pods.


def pod(**status: Any) -> pods.Pod:
    labels = {"mlplatform.dev/revision": "abcdef01"}
    return pods.read(
        {"metadata": {"name": "p", "labels": labels}, "status": {"phase": "Running", **status}}, "mlplatform.dev"
    )


def container(**fields: Any) -> dict[str, Any]:
    return {"containerStatuses": [{"name": "model", "restartCount": 0, "state": {}, **fields}]}


def test_a_crash_is_told_with_the_last_words() -> None:
    ended = {"terminated": {"exitCode": 137, "reason": "OOMKilled", "message": "a\nb"}}
    found = pod(**container(restartCount=3, lastState=ended, state={"waiting": {"reason": "CrashLoopBackOff"}}))
    assert (found.crashes, found.crash) == (3, "OOMKilled, exit code 137: a b")
    assert pod(**container(state=ended)).crashes == 1
    assert pod(**container(state={"running": {}})).crashes == 0


def test_what_keeps_a_pod_from_starting_is_told() -> None:
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}
    assert pod(**container(state=waiting)).blocked == ("ImagePull", "not found")
    unschedulable = [{"type": "PodScheduled", "status": "False", "message": "no memory"}]
    assert pod(conditions=unschedulable).blocked == ("Unschedulable", "no memory")
    assert pod(**container(state={"waiting": {"reason": "ContainerCreating"}})).blocked is None


@pytest.mark.parametrize(
    ("message", "reason"), [("pods x is forbidden: exceeded quota: team", "QuotaExceeded"), ("denied", "NotPermitted")]
)
def test_why_a_deployment_has_no_pods_is_told(message: str, reason: str) -> None:
    failed = [{"type": "ReplicaFailure", "status": "True", "message": message}]
    assert pods.refused({"status": {"conditions": failed}}) == (reason, message)
    assert pods.refused({"status": {}}) is None


# What is kept.


def test_a_state_is_what_its_status_says() -> None:
    version = Version("abcdef01", PACKAGE, "2026-01-01T00:00:00Z")
    state = State(version, Version("abcdef02", PACKAGE, "x", CANARY), Rejected("abcdef03", "mark", "Slow", "why"))
    state = state.tried(version, "promoted", "Passed", "good", {"requests": 5})
    assert State.read(json.loads(json.dumps(state.fields()))) == state
    assert State.read({}) == State()


def test_ten_decisions_are_kept() -> None:
    state = State()
    for number in range(KEPT + 5):
        state = state.tried(Version("m", Package("i", str(number)), ""), "promoted", "Passed", "", {})
    assert [entry["version"] for entry in state.history] == [str(number) for number in range(14, 4, -1)]


def test_since_when_is_kept_while_a_condition_stays() -> None:
    told = [status.Condition("Ready", True, "Serving", "x")]
    before = [{"type": "Ready", "status": "True", "lastTransitionTime": "then"}]
    assert status.written(told, before, 1)[0]["lastTransitionTime"] == "then"
    before[0]["status"] = "False"
    assert status.written(told, before, 1)[0]["lastTransitionTime"] != "then"
