"""The provider's service against a double: what it asks the API server, and what it tells the engine."""

from __future__ import annotations

import time
from typing import Any

import pytest
from google.protobuf import empty_pb2

from local.provider.protos import plugin_pb2, provider_pb2
from local.provider.wire import Secret
from tests.doubles.api_server import ApiServer
from tests.support.provider_calls import Engine, manifest, urn
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
    assert time.monotonic() - start < 10


def test_a_busy_server_is_asked_again(engine: Engine, double: ApiServer) -> None:
    double.fail("PATCH", PATH, 429, "TooManyRequests", "busy")
    double.reply("PATCH", PATH, LIVE)
    assert engine.create(CONFIG_MAP, INPUTS)[0] == "ns/a"


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
