"""What the controller decides, without a cluster."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from images.modelservice.modelservice import canary, pods, revision, rollout, routes, scaling, stats, status, wanted
from images.modelservice.modelservice.meter import Figures, Meter, quantile
from images.modelservice.modelservice.rollout import Facts
from images.modelservice.modelservice.scaling import Bounds, Load
from images.modelservice.modelservice.settings import Settings
from images.modelservice.modelservice.state import CANARY, KEPT, PROMOTING, STARTING, Rejected, State, Version
from images.modelservice.modelservice.wanted import Canary, Package, RefusedError, Wanted
from tests.unit.images.modelservice.rig import SPEC, image

SETTINGS = Settings("mlplatform.dev", "100.64.16.7", 8080, 9090, "localhost", "http://{host}", "registry:5000")
RULE = Canary(weight=10, seconds=30, start_seconds=60, max_error_percent=1, max_latency_ratio=3)


def seen(requests: int, errors: int, p50: float, p95: float, reason: str = "") -> Figures:
    return Figures(requests, errors, p50, p95, requests - errors, reason)


GOOD = seen(100, 0, 0.010, 0.020)


def item(**spec: Any) -> dict[str, Any]:
    meta = {"name": "keywords", "namespace": "team-search", "uid": "u", "annotations": {}}
    return {"metadata": meta, "spec": {**SPEC, **spec}}


def read(**spec: Any) -> Wanted:
    return wanted.read(item(**spec), SETTINGS)


PACKAGE = Package(image(1), "1", "keywords", "r", "mark")


# How many pods.


def loaded(concurrency: float, seconds: int = 3, *, until: float = 100.0) -> Load:
    load = Load(until)
    for second in range(seconds):
        load.observe(until - seconds + 1 + second, concurrency, asked=concurrency > 0)
    return load


def count(load: Load, current: int, *, waiting: int = 0, now: float = 100.0, least: int = 0) -> int:
    return scaling.wanted(load, Bounds(least, 5, 4, 60), current, waiting, now)


@pytest.mark.parametrize(
    ("concurrency", "pods_wanted"), [(0.1, 1), (4, 1), (4.3, 1), (4.5, 2), (9, 3), (40, 5), (1000, 5)]
)
def test_more_pods_come_at_once_and_no_more_than_may_be(concurrency: float, pods_wanted: int) -> None:
    assert count(loaded(concurrency), 1) == pods_wanted


def test_one_hiccup_of_a_second_asks_for_less_than_a_step() -> None:
    load = loaded(4)
    load.observe(100.5, 12, asked=True)
    assert count(load, 1, now=100.5) < 3


def test_a_request_that_waits_brings_the_first_pod() -> None:
    assert count(Load(0.0), 0, waiting=1) == 1
    assert count(Load(0.0), 0, waiting=9) == 3


def test_fewer_pods_only_when_fewer_would_have_done_for_a_while() -> None:
    load = loaded(12)
    assert count(load, 3) == 3
    for second in range(1, 60):
        load.observe(100.0 + second, 1, asked=True)
        found = count(load, 3, now=100.0 + second)
        if second <= scaling.SLOW_SECONDS:
            assert found == 3, second
    assert found == 1


def test_the_last_pod_goes_in_time_to_be_gone_by_the_idle_time() -> None:
    load = Load(100.0)
    bounds = Bounds(0, 5, 4, 60)
    gone = [second for second in range(70) if scaling.wanted(load, bounds, 1, 0, 100.0 + second) == 0]
    assert gone[0] == 60 - scaling.PARTING_SECONDS


def test_where_one_is_the_least_it_stays() -> None:
    assert count(Load(0.0), 1, least=1, now=10_000.0) == 1


@given(
    concurrency=st.floats(0, 1e6),
    current=st.integers(0, 20),
    waiting=st.integers(0, 10_000),
    least=st.integers(0, 5),
    more=st.integers(0, 15),
)
def test_the_number_is_always_within_its_bounds(
    concurrency: float, current: int, waiting: int, least: int, more: int
) -> None:
    most = max(1, least + more)
    found = scaling.wanted(loaded(concurrency), Bounds(least, most, 4, 60), current, waiting, 100.0)
    assert least <= found <= most
    assert not waiting or found


# Whether a version is good.


@pytest.mark.parametrize(
    ("elapsed", "candidate", "what", "reason"),
    [
        (1, seen(5, 1, 0.01, 0.02, "500 x"), "wait", ""),
        (1, seen(5, 2, 0.01, 0.02, "500 x"), "roll back", "Errors"),
        (30, seen(50, 1, 0.01, 0.02, "500 x"), "roll back", "Errors"),
        (30, seen(200, 2, 0.01, 0.02, "500 x"), "promote", "Passed"),
        (29, GOOD, "wait", ""),
        (30, GOOD, "promote", "Passed"),
        (30, seen(100, 0, 0.010, 0.059), "promote", "Passed"),
        (30, seen(100, 0, 0.010, 0.061), "roll back", "Slow"),
        (9, seen(100, 0, 0.100, 0.200), "wait", ""),
        (10, seen(100, 0, 0.100, 0.200), "roll back", "Slow"),
        (10, seen(100, 0, 0.010, 0.200), "wait", ""),
        (30, seen(99, 0, 0.010, 0.200), "promote", "Passed"),
        (30, seen(20, 0, 0.031, 0.040), "roll back", "Slow"),
        (10, seen(19, 0, 0.100, 0.200), "wait", ""),
        (30, seen(19, 0, 0.100, 0.200), "wait", ""),
        (60, seen(19, 0, 0.100, 0.200), "roll back", "Slow"),
        (60, seen(3, 0, 0.100, 0.200), "roll back", "Slow"),
        (60, seen(2, 0, 0.100, 0.200), "promote", "Passed"),
        (60, seen(3, 0, 0.010, 0.200), "promote", "Passed"),
    ],
)
def test_a_version_is_judged(elapsed: float, candidate: Figures, what: str, reason: str) -> None:
    verdict = canary.judge(RULE, elapsed, GOOD, candidate)
    assert (verdict.what, verdict.reason) == (what, reason)
    assert bool(verdict.message) is (what != "wait")


def test_errors_that_the_version_before_makes_too_are_no_reason() -> None:
    before = seen(100, 10, 0.01, 0.02)
    assert canary.judge(RULE, 30, before, seen(100, 10, 0.01, 0.02)).what == "promote"


def test_a_few_milliseconds_are_the_machines() -> None:
    quick = seen(100, 0, 0.0005, 0.001)
    assert canary.judge(RULE, 30, quick, seen(100, 0, 0.002, 0.0055)).what == "promote"
    assert canary.judge(RULE, 30, quick, seen(100, 0, 0.008, 0.010)).reason == "Slow"


def test_where_nobody_asks_and_no_example_is_there_being_ready_is_enough() -> None:
    assert canary.judge(RULE, 30, Figures(), Figures()).reason == "Ready"


def test_its_own_requests_are_enough_by_two_thirds_of_the_time() -> None:
    asked = 0
    for second in range(20):
        asked += canary.probes(second, RULE, Figures(asked))
    assert asked >= canary.ENOUGH
    assert canary.probes(25, RULE, Figures(canary.ENOUGH)) == 0


# How far it is.


def facts(phase: str = STARTING, **changes: Any) -> Facts:
    values = {"first": False, "ready": 1, "crashes": 0, "crash": "", "blocked": "", "elapsed": 1.0, "unready": 0.0}
    return Facts(phase, **{**values, **changes})


@pytest.mark.parametrize(
    ("known", "what", "reason"),
    [
        (facts(), "canary", ""),
        (facts(first=True), "switch", "FirstVersion"),
        (facts(ready=0), "wait", ""),
        (facts(ready=0, elapsed=61), "roll back", "NotReady"),
        (facts(ready=0, elapsed=61, blocked="QuotaExceeded: x"), "wait", ""),
        (facts(ready=0, crashes=1, crash="x"), "wait", ""),
        (facts(ready=0, crashes=2, crash="x"), "roll back", "Crashed"),
        (facts(CANARY, crashes=1, crash="x"), "roll back", "Crashed"),
        (facts(CANARY, ready=0, unready=5), "wait", ""),
        (facts(CANARY, ready=0, unready=11), "roll back", "NotReady"),
        (facts(CANARY, elapsed=31, stable=GOOD, candidate=GOOD), "promote", "Passed"),
        (facts(PROMOTING, goal=2), "wait", ""),
        (facts(PROMOTING, goal=2, ready=2), "switch", ""),
        (facts(PROMOTING, goal=2, elapsed=31), "switch", ""),
        (facts(PROMOTING, goal=2, ready=0, elapsed=31), "wait", ""),
        (facts(PROMOTING, goal=2, crashes=1, crash="x"), "roll back", "Crashed"),
    ],
    ids=str,
)
def test_a_version_goes_on_or_back(known: Facts, what: str, reason: str) -> None:
    step = rollout.step(RULE, known)
    assert (step.what, step.reason) == (what, reason)


# What is counted.


@given(st.lists(st.floats(0, 100), min_size=1), st.sampled_from([0.5, 0.95]))
def test_so_many_values_are_at_most_the_quantile(values: list[float], share: float) -> None:
    found = quantile(sorted(values), share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert sum(value < found for value in values) < share * len(values) + 1e-9


def test_errors_have_no_latency() -> None:
    meter = Meter()
    meter.right(meter.begin())
    meter.wrong(meter.begin(), "500")
    meter.lost(meter.begin())
    found = meter.figures()
    assert (found.requests, found.errors, found.timed, found.reason, found.error_percent) == (2, 1, 1, "500", 50)
    assert 0 < found.p50 == found.p95 < 0.1


def test_what_is_under_way_for_long_counts_as_slow() -> None:
    meter = Meter()
    meter.right(meter.begin())
    for _ in range(3):
        meter.begin()
    time.sleep(0.05)
    found = meter.figures()
    assert (found.requests, found.timed) == (1, 4)
    assert found.p50 >= 0.05


def test_the_mean_between_two_readings_is_exact() -> None:
    before, after = stats.Reading(10.0, 3.0, 5, 0), stats.Reading(12.0, 8.0, 9, 1)
    assert stats.use(before, after) == stats.Use(2.5, 1, True)
    assert stats.use(after, stats.Reading(13.0, 8.0, 9, 0)) == stats.Use(0.0, 0, False)


def test_a_pod_that_started_anew_counts_by_what_it_has_now() -> None:
    assert stats.use(stats.Reading(10.0, 300.0, 500, 2), stats.Reading(11.0, 0.5, 3, 1)) == stats.Use(1, 1, True)


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
    assert container["envFrom"] == [{"secretRef": {"name": "model-keys"}}]
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
