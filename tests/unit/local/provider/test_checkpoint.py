"""The state's form, and what is secret in it."""

from __future__ import annotations

from typing import Any

from local.provider import checkpoint
from local.provider.wire import Secret, plain


def live(**fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "uid": "u"}, **fields}


def test_the_official_providers_keys() -> None:
    inputs = live(data={"a": "1"})
    state = checkpoint.build(inputs, live(data={"a": "1"}, status={}), {}, "v1", "pulumi-kubernetes-1")
    assert state["__inputs"] == inputs
    assert (state["__initialApiVersion"], state["__fieldManager"]) == ("v1", "pulumi-kubernetes-1")
    assert state["metadata"]["uid"] == "u"
    assert checkpoint.parse(state) == (inputs, live(data={"a": "1"}, status={}))


def test_secretness_follows_the_inputs_into_the_live_object() -> None:
    inputs = live(data={"a": "s3cret", "b": "open"})
    given = {**inputs, "data": {"a": Secret("s3cret"), "b": "open"}}
    state = checkpoint.build(inputs, inputs, given, "v1", "m")
    for data in (state["data"], state["__inputs"]["data"]):
        assert data == {"a": Secret("s3cret"), "b": "open"}


def test_a_list_with_a_secret_is_secret_as_a_whole() -> None:
    outs = {"spec": {"env": [{"name": "A", "value": "s3cret"}]}}
    checkpoint.mark_secrets(outs, {"spec": {"env": [{"name": "A", "value": Secret("s3cret")}]}})
    assert outs == {"spec": {"env": Secret([{"name": "A", "value": "s3cret"}])}}


def test_the_data_of_a_secret_is_always_secret() -> None:
    obj = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "s",
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{...}", "a": "hidden", "b": "open"},
        },
        "data": {"password": "czNjcmV0"},
    }
    given = {"metadata": {"annotations": {"a": Secret("hidden")}}}
    state = checkpoint.build(obj, obj, given, "v1", "m")
    for part in (state, state["__inputs"]):
        assert part["data"] == Secret(obj["data"])
        assert part["metadata"]["annotations"] == {
            "kubectl.kubernetes.io/last-applied-configuration": Secret("{...}"),
            "a": Secret("hidden"),
            "b": "open",
        }
    assert plain(state["data"]) == {"password": "czNjcmV0"}


def test_extension_keys_of_definitions_change_their_form() -> None:
    program = {"spec": {"schema": {"x_kubernetes_preserve_unknown_fields": True, "properties": {"x_own": {}}}}}
    manifest = checkpoint.to_manifest(program)
    assert manifest == {"spec": {"schema": {"x-kubernetes-preserve-unknown-fields": True, "properties": {"x_own": {}}}}}
    assert checkpoint.to_properties(manifest, {}) == program
