"""The provider's service against a double: what it asks the API server, and what it tells the engine."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2

from local.provider.await_ import ready
from local.provider.protos import engine_pb2_grpc, plugin_pb2, provider_pb2
from local.provider.wire import Secret
from tests.doubles.api_server import ApiServer
from tests.support.provider_calls import Engine, InitFailedError, manifest, urn

CONFIG_MAP = urn("core/v1:ConfigMap")
DEPLOYMENT = urn("apps/v1:Deployment")
INPUTS = manifest("v1", "ConfigMap", "a", "ns", data={"k": "v"})
LIVE = manifest("v1", "ConfigMap", "a", "ns", data={"k": "v"}, metadata={"uid": "u", "resourceVersion": "5"})
PATH = "/api/v1/namespaces/ns/configmaps/a"
WEB = manifest("apps/v1", "Deployment", "web", "ns", spec={"replicas": 1, "selector": {"matchLabels": {"app": "web"}}})
WEB_PATH = "/apis/apps/v1/namespaces/ns/deployments/web"


def deployment(available: int, version: str = "1") -> dict[str, Any]:
    status = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": available}
    metadata = {**WEB["metadata"], "generation": 1, "resourceVersion": version, "uid": "u"}
    return {**WEB, "metadata": metadata, "status": status}


def test_what_the_engine_is_told(engine: Engine) -> None:
    answer = engine.configure()
    assert (answer.acceptSecrets, answer.supportsPreview, answer.supports_autonaming_configuration) == (True,) * 3
    assert not answer.acceptOutputs
    assert engine.stub.GetPluginInfo(empty_pb2.Empty()).version == "4.34.2"
    engine.stub.Attach(plugin_pb2.PluginAttach(address="127.0.0.1:1"))


def test_create_applies_in_the_name_of_one_manager(engine: Engine, double: ApiServer) -> None:
    double.reply("PATCH", PATH, LIVE)
    identifier, state = engine.create(CONFIG_MAP, INPUTS)
    (asked,) = double.of("PATCH")
    assert identifier == "ns/a"
    assert asked.query == {"fieldManager": state["__fieldManager"], "force": "false"}
    assert asked.headers["Content-Type"] == "application/apply-patch+yaml"
    assert asked.headers["Authorization"] == "Bearer of-the-double"
    assert asked.body == INPUTS
    assert state["metadata"]["uid"] == "u"
    assert state["__inputs"] == INPUTS


def test_create_without_upsert_does_not_take_what_exists(engine: Engine, double: ApiServer) -> None:
    engine.configure(kubeconfig=double.kubeconfig)
    path = "/api/v1/namespaces/ns/configmaps"
    double.fail("POST", path, 409, "AlreadyExists", 'configmaps "a" already exists')
    with pytest.raises(RuntimeError, match="upsertExistingObjects"):
        engine.create(CONFIG_MAP, INPUTS)
    assert not double.of("PATCH")


def test_preview_is_a_dry_run(engine: Engine, double: ApiServer) -> None:
    double.reply("PATCH", PATH, {**LIVE, "status": {"x": 1}, "defaulted": True})
    identifier, state = engine.create(CONFIG_MAP, INPUTS, preview=True)
    (asked,) = double.of("PATCH")
    assert asked.query["dryRun"] == "All"
    assert identifier == ""
    assert state["defaulted"]
    assert "status" not in state


def test_preview_of_what_can_not_be_asked_yet_echoes_the_inputs(engine: Engine, double: ApiServer) -> None:
    details = {"kind": "namespaces", "name": "ns"}
    double.fail("PATCH", PATH, 404, "NotFound", 'namespaces "ns" not found', **details)
    assert engine.create(CONFIG_MAP, INPUTS, preview=True)[1] == INPUTS
    widget = manifest("example.com/v1", "Widget", "w", "ns", spec={"size": 1})
    assert engine.create(urn("example.com/v1:Widget"), widget, preview=True)[1] == widget
    with ApiServer() as gone:
        engine.configure(kubeconfig=gone.kubeconfig)
    assert engine.create(CONFIG_MAP, INPUTS, preview=True)[1] == INPUTS


def test_preview_shows_what_the_server_refuses(engine: Engine, double: ApiServer) -> None:
    double.fail("PATCH", PATH, 422, "Invalid", "ConfigMap is invalid: data: too long")
    with pytest.raises(RuntimeError, match="too long"):
        engine.create(CONFIG_MAP, INPUTS, preview=True)


def test_conflicts_name_field_manager_and_fix(engine: Engine, double: ApiServer) -> None:
    cause = {"reason": "FieldManagerConflict", "message": 'conflict with "helm" using v1', "field": ".data.k"}
    double.fail("PATCH", PATH, 409, "Conflict", "Apply failed with 1 conflict", causes=[cause])
    with pytest.raises(RuntimeError) as caught:
        engine.create(CONFIG_MAP, INPUTS)
    assert '.data.k: conflict with "helm"' in str(caught.value)
    assert "pulumi.com/patchForce" in str(caught.value)
    assert len(double.of("PATCH")) == 1


@pytest.mark.parametrize(
    ("annotation", "setting", "force"),
    [("true", "false", "true"), ("false", "true", "false"), (None, "true", "true"), (None, "false", "false")],
)
def test_force_only_when_asked_for(
    engine: Engine, double: ApiServer, annotation: str | None, setting: str, force: str
) -> None:
    engine.configure(kubeconfig=double.kubeconfig, upsertExistingObjects="true", enablePatchForce=setting)
    double.reply("PATCH", PATH, LIVE)
    annotations = {"annotations": {"pulumi.com/patchForce": annotation}} if annotation else {}
    engine.create(CONFIG_MAP, manifest("v1", "ConfigMap", "a", "ns", metadata=annotations))
    assert double.of("PATCH")[0].query["force"] == force


def test_create_waits_for_its_namespace(engine: Engine, double: ApiServer) -> None:
    double.fail("PATCH", PATH, 404, "NotFound", 'namespaces "ns" not found', kind="namespaces")
    double.reply("PATCH", PATH, LIVE)
    start = time.monotonic()
    assert engine.create(CONFIG_MAP, INPUTS)[0] == "ns/a"
    assert time.monotonic() - start < 3


def test_a_busy_server_is_asked_again(engine: Engine, double: ApiServer) -> None:
    double.fail("PATCH", PATH, 429, "TooManyRequests", "busy")
    double.reply("PATCH", PATH, LIVE)
    assert engine.create(CONFIG_MAP, INPUTS)[0] == "ns/a"


def test_waiting_ends_with_the_event_that_says_ready(engine: Engine, double: ApiServer) -> None:
    double.reply("PATCH", WEB_PATH, deployment(0, "1"))
    hold = threading.Event()
    watch = "/apis/apps/v1/namespaces/ns/deployments"
    events = [{"type": "MODIFIED", "object": deployment(0, "2")}, {"type": "MODIFIED", "object": deployment(1, "3")}]
    double.reply("WATCH", watch, events=events, hold=hold)
    start = time.monotonic()
    _, state = engine.create(DEPLOYMENT, WEB)
    hold.set()
    assert time.monotonic() - start < 1
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
    assert time.monotonic() - start < 1


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
    assert time.monotonic() - start < 1
    assert "cancelled" in str(caught[0])


def state_of(obj: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    return {**obj, "__inputs": inputs, "__initialApiVersion": "v1", "__fieldManager": "pulumi-kubernetes-x"}


def test_update_applies_and_keeps_the_manager(engine: Engine, double: ApiServer) -> None:
    new = {**INPUTS, "data": {"k": "w"}}
    double.reply("GET", PATH, LIVE)
    double.reply("PATCH", PATH, {**LIVE, **new})
    state = engine.update(CONFIG_MAP, state_of(LIVE, INPUTS), new)
    (asked,) = double.of("PATCH")
    assert asked.query == {"fieldManager": "pulumi-kubernetes-x", "force": "false"}
    assert state["__inputs"]["data"] == {"k": "w"}
    assert state["__fieldManager"] == "pulumi-kubernetes-x"


def test_update_of_what_is_gone_says_refresh(engine: Engine, double: ApiServer) -> None:
    with pytest.raises(RuntimeError, match="pulumi refresh"):
        engine.update(CONFIG_MAP, state_of(LIVE, INPUTS), INPUTS)


def test_update_takes_over_fields_of_plain_creates(engine: Engine, double: ApiServer) -> None:
    entries = [
        {"manager": "pulumi-kubernetes-x", "operation": "Update", "fieldsV1": {"f:data": {"f:k": {}}}},
        {"manager": "kubectl", "operation": "Update", "fieldsV1": {"f:metadata": {}}},
        {"manager": "helm", "operation": "Update", "fieldsV1": {"f:immutable": {}}},
    ]
    obj = {**LIVE, "metadata": {**LIVE["metadata"], "managedFields": entries}}
    double.reply("GET", PATH, obj)
    double.reply("PATCH", PATH, obj)
    engine.update(CONFIG_MAP, state_of(LIVE, INPUTS), INPUTS)
    takeover, applied = double.of("PATCH")
    assert takeover.headers["Content-Type"] == "application/json-patch+json"
    kept, ours = takeover.body[0]["value"]
    assert kept == entries[2]
    assert (ours["manager"], ours["operation"]) == ("pulumi-kubernetes-x", "Apply")
    assert ours["fieldsV1"] == {"f:data": {"f:k": {}}, "f:metadata": {}}
    assert takeover.body[1] == {"op": "replace", "path": "/metadata/resourceVersion", "value": "5"}
    assert applied.headers["Content-Type"] == "application/apply-patch+yaml"


def test_ignored_fields_are_left_to_their_owners(engine: Engine, double: ApiServer) -> None:
    scaled = {**deployment(1), "spec": {**WEB["spec"], "replicas": 7}}
    scaled["metadata"]["managedFields"] = [
        {"manager": "autoscaler", "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}}
    ]
    double.reply("GET", WEB_PATH, scaled)
    double.reply("PATCH", WEB_PATH, deployment(1))
    engine.update(DEPLOYMENT, state_of(scaled, WEB), WEB, ignoreChanges=["spec.replicas"])
    assert "replicas" not in double.of("PATCH")[-1].body["spec"]


def test_read(engine: Engine, double: ApiServer) -> None:
    drifted = {**LIVE, "data": {"k": "other", "added": "1"}}
    double.reply("GET", PATH, drifted)
    identifier, inputs, state = engine.read(CONFIG_MAP, "ns/a", INPUTS, state_of(LIVE, INPUTS))
    assert identifier == "ns/a"
    assert inputs["data"] == {"k": "other"}
    assert state["data"] == {"k": "other", "added": "1"}


def test_read_of_what_is_gone(engine: Engine, double: ApiServer) -> None:
    assert engine.read(CONFIG_MAP, "ns/a", INPUTS, state_of(LIVE, INPUTS)) == ("", {}, {})
    widget = manifest("example.com/v1", "Widget", "w", "ns")
    assert engine.read(urn("example.com/v1:Widget"), "ns/w", widget, state_of(widget, widget))[0] == ""


def test_import_makes_inputs_of_the_object(engine: Engine, double: ApiServer) -> None:
    fields = {"managedFields": [{}], "labels": {"a": "b"}}
    double.reply("GET", PATH, {**LIVE, "metadata": {**LIVE["metadata"], **fields}})
    identifier, inputs, state = engine.read(CONFIG_MAP, "ns/a")
    assert identifier == "ns/a"
    assert inputs == manifest("v1", "ConfigMap", "a", "ns", data={"k": "v"}, metadata={"labels": {"a": "b"}})
    assert state["metadata"]["uid"] == "u"


def test_reading_a_secret_keeps_it_secret(engine: Engine, double: ApiServer) -> None:
    obj = manifest("v1", "Secret", "s", "ns", data={"password": "czNjcmV0"})
    double.reply("GET", "/api/v1/namespaces/ns/secrets/s", obj)
    _, inputs, state = engine.read(urn("core/v1:Secret"), "ns/s")
    for properties in (inputs, state, state["__inputs"]):
        assert properties["data"] == Secret({"password": "czNjcmV0"})


def test_delete_waits_until_it_is_gone(engine: Engine, double: ApiServer) -> None:
    double.reply("DELETE", PATH, {})
    double.reply("GET", PATH, LIVE)
    hold = threading.Event()
    events = [{"type": "MODIFIED", "object": LIVE}, {"type": "DELETED", "object": LIVE}]
    double.reply("WATCH", "/api/v1/namespaces/ns/configmaps", events=events, hold=hold)
    engine.delete(CONFIG_MAP, "ns/a", state_of(LIVE, INPUTS))
    hold.set()
    assert double.of("DELETE")[0].body == {"propagationPolicy": "Foreground"}


def test_delete_of_what_is_gone(engine: Engine, double: ApiServer) -> None:
    engine.delete(CONFIG_MAP, "ns/a", state_of(LIVE, INPUTS))
    widget = manifest("example.com/v1", "Widget", "w", "ns")
    engine.delete(urn("example.com/v1:Widget"), "ns/w", state_of(widget, widget))


@pytest.mark.parametrize(
    ("annotation", "policy"), [("orphan", "Orphan"), ("Background", "Background"), ("x", "Foreground")]
)
def test_propagation(engine: Engine, double: ApiServer, annotation: str, policy: str) -> None:
    double.reply("DELETE", PATH, {})
    annotations = {"annotations": {"pulumi.com/deletionPropagationPolicy": annotation}}
    inputs = manifest("v1", "ConfigMap", "a", "ns", metadata=annotations)
    engine.delete(CONFIG_MAP, "ns/a", state_of(LIVE, inputs))
    assert double.of("DELETE")[0].body == {"propagationPolicy": policy}


def test_a_deletion_that_hangs_names_the_finalizers(engine: Engine, double: ApiServer) -> None:
    double.reply("DELETE", PATH, {})
    double.reply("GET", PATH, {**LIVE, "metadata": {**LIVE["metadata"], "finalizers": ["example.com/hold"]}})
    double.reply("WATCH", "/api/v1/namespaces/ns/configmaps", events=[])
    with pytest.raises(InitFailedError, match="example.com/hold".replace(".", r"\.")) as caught:
        engine.delete(CONFIG_MAP, "ns/a", state_of(LIVE, INPUTS), timeout=1)
    assert caught.value.state["__inputs"] == INPUTS


def test_unreachable(engine: Engine) -> None:
    with ApiServer() as gone:
        kubeconfig = gone.kubeconfig
    engine.configure(kubeconfig=kubeconfig)
    state = state_of(LIVE, INPUTS)
    for call in (
        lambda: engine.read(CONFIG_MAP, "ns/a", INPUTS, state),
        lambda: engine.delete(CONFIG_MAP, "ns/a", state),
        lambda: engine.create(CONFIG_MAP, INPUTS),
    ):
        with pytest.raises(RuntimeError, match="unreachable"):
            call()
    assert engine.diff(CONFIG_MAP, state, INPUTS).changes == provider_pb2.DiffResponse.DIFF_NONE
    engine.configure(kubeconfig=kubeconfig, deleteUnreachable="true")
    assert engine.read(CONFIG_MAP, "ns/a", INPUTS, state)[0] == ""
    engine.delete(CONFIG_MAP, "ns/a", state)
    engine.configure(kubeconfig=kubeconfig, skipUpdateUnreachable="true")
    assert engine.read(CONFIG_MAP, "ns/a", INPUTS, state)[0] == "ns/a"


def test_a_diff_and_a_check_of_built_in_kinds_ask_nobody(engine: Engine, double: ApiServer) -> None:
    inputs = engine.check(CONFIG_MAP, INPUTS)
    assert engine.diff(CONFIG_MAP, state_of(LIVE, inputs), inputs).changes == provider_pb2.DiffResponse.DIFF_NONE
    assert double.asked == []


def test_check_completes_names_and_namespaces(engine: Engine, double: ApiServer) -> None:
    checked = engine.check(CONFIG_MAP, {"data": {"a": "1"}})
    assert checked["metadata"]["namespace"] == "default"
    assert checked["metadata"]["name"].startswith("thing-")
    assert (checked["apiVersion"], checked["kind"]) == ("v1", "ConfigMap")
    again = engine.check(CONFIG_MAP, {"data": {"a": "2"}}, olds=checked)
    assert again["metadata"] == checked["metadata"]
    engine.configure(kubeconfig=double.kubeconfig, namespace="team")
    assert engine.check(CONFIG_MAP, {})["metadata"]["namespace"] == "team"
    role = urn("rbac.authorization.k8s.io/v1:ClusterRole")
    assert "namespace" not in engine.check(role, {"metadata": {"name": "r"}})["metadata"]


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        ({"name": 5}, "metadata.name: must be text"),
        ({"name": "a", "labels": {"on": True}}, 'metadata.labels["on"]: must be text'),
        ({"name": "a", "annotations": []}, "metadata.annotations: must be an object"),
        ({"generateName": "a-"}, "metadata.generateName"),
        (
            {"name": "a", "annotations": {"pulumi.com/waitFor": "Ready"}},
            'expected a "jsonpath=" or "condition=" prefix',
        ),
    ],
)
def test_check_says_what_is_wrong(engine: Engine, double: ApiServer, metadata: Any, says: str) -> None:
    with pytest.raises(RuntimeError) as caught:
        engine.check(CONFIG_MAP, {"metadata": metadata})
    assert says in str(caught.value)


def test_secrets_stay_secret_through_check_and_create(engine: Engine, double: ApiServer) -> None:
    token, path = urn("core/v1:Secret"), "/api/v1/namespaces/ns/secrets/s"
    news = manifest("v1", "Secret", "s", "ns", stringData={"password": Secret("s3cret")})
    checked = engine.check(token, news)
    assert checked["data"] == Secret({"password": "czNjcmV0"})
    assert "stringData" not in checked
    double.reply("PATCH", path, manifest("v1", "Secret", "s", "ns", data={"password": "czNjcmV0"}))
    _, state = engine.create(token, checked)
    assert double.of("PATCH")[0].body["data"] == {"password": "czNjcmV0"}
    assert state["data"] == state["__inputs"]["data"] == Secret({"password": "czNjcmV0"})


def test_what_only_the_official_provider_does(engine: Engine) -> None:
    with pytest.raises(RuntimeError, match="Helm"):
        engine.check(urn("helm.sh/v3:Release"), {})
    with pytest.raises(RuntimeError, match="official"):
        engine.call("Construct", provider_pb2.ConstructRequest(type="kubernetes:yaml/v2:ConfigFile"))
    with pytest.raises(RuntimeError, match="official"):
        engine.call("Invoke", provider_pb2.InvokeRequest(tok="kubernetes:yaml:decode"))


def test_the_servers_word_on_immutable_fields(engine: Engine, double: ApiServer) -> None:
    ingress_class = urn("networking.k8s.io/v1:IngressClass")
    kind = {"kind": "IngressClass", "name": "ingressclasses", "namespaced": False}
    double.reply("GET", "/apis/networking.k8s.io/v1", {"resources": [kind]})
    cause = {"field": "spec.controller", "message": "Invalid value: field is immutable", "reason": "FieldValueInvalid"}
    double.fail(
        "PATCH", "/apis/networking.k8s.io/v1/ingressclasses/c", 422, "Invalid", "field is immutable", causes=[cause]
    )
    old = manifest("networking.k8s.io/v1", "IngressClass", "c", spec={"controller": "a"})
    new = manifest(
        "networking.k8s.io/v1", "IngressClass", "c", spec={"controller": "b"}, metadata={"labels": {"x": "y"}}
    )
    found = engine.diff(ingress_class, state_of(old, old), new)
    assert list(found.replaces) == ["spec.controller"]
    assert found.deleteBeforeReplace
    kinds = provider_pb2.PropertyDiff
    assert {key: value.kind for key, value in found.detailedDiff.items()} == {
        "spec.controller": kinds.UPDATE_REPLACE,
        "metadata.labels": kinds.ADD,
    }
    assert double.of("PATCH")[0].query["dryRun"] == "All"


def test_errors_do_not_repeat_secrets(engine: Engine, double: ApiServer) -> None:
    double.fail("PATCH", PATH, 422, "Invalid", 'data.k: Invalid value: "hunter2-hunter2": too weak')
    secret = {**INPUTS, "data": {"k": Secret("hunter2-hunter2")}}
    with pytest.raises(RuntimeError) as caught:
        engine.create(CONFIG_MAP, secret)
    assert "hunter2" not in str(caught.value)
    assert "too weak" in str(caught.value)


def test_a_job_that_failed_is_replaced_when_asked_for(engine: Engine, double: ApiServer) -> None:
    token, path = urn("batch/v1:Job"), "/apis/batch/v1/namespaces/ns/jobs/train"
    again = {"annotations": {"pulumi.com/replaceUnready": "true"}}
    job = manifest("batch/v1", "Job", "train", "ns", spec={"template": {}}, metadata=again)
    failed = {"type": "Failed", "status": "True"}
    double.reply("GET", path, {**job, "status": {"conditions": [failed]}})
    found = engine.diff(token, state_of(job, job), job)
    assert list(found.replaces) == ['metadata.annotations["pulumi.com/replaceUnready"]']
    assert found.deleteBeforeReplace
    plain = manifest("batch/v1", "Job", "train", "ns", spec={"template": {}})
    assert engine.diff(token, state_of(plain, plain), plain).changes == provider_pb2.DiffResponse.DIFF_NONE


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
