"""Inputs in the API server's form."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from local.provider import normalize, quantity
from local.provider.wire import UNKNOWN


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("1000m", "1"),
        ("0.5", "500m"),
        ("1.5", "1500m"),
        ("2000", "2k"),
        ("1024", "1024"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("1Gi", "1Gi"),
        ("0", "0"),
        ("0Mi", "0"),
        ("1e3", "1e3"),
        ("lots", "lots"),
        ("100M", "100M"),
        ("0.1", "100m"),
    ],
)
def test_quantities(given: str, stored: str) -> None:
    assert quantity.canonical(given) == stored


def secret(**fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, **fields}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_string_data_becomes_data_and_wins() -> None:
    obj = normalize.inputs(secret(stringData={"a": "new"}, data={"a": encoded("old"), "b": encoded("kept")}))
    assert obj == secret(data={"a": encoded("new"), "b": encoded("kept")})


def test_line_breaks_in_base64_go() -> None:
    obj = normalize.inputs(secret(data={"a": encoded("x" * 100)[:60] + "\n" + encoded("x" * 100)[60:] + "\n"}))
    assert obj["data"]["a"] == encoded("x" * 100)


def test_what_is_not_base64_is_left_for_the_server_to_refuse() -> None:
    assert normalize.inputs(secret(data={"a": "not base64!"}))["data"]["a"] == "not base64!"


def test_a_secret_of_which_something_is_unknown_stays() -> None:
    obj = normalize.inputs(secret(stringData={"a": UNKNOWN}))
    assert obj["stringData"] == {"a": UNKNOWN}


def test_pods() -> None:
    obj = normalize.inputs(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "p", "uid": "u", "resourceVersion": "1", "creationTimestamp": "x"},
            "spec": {
                "hostNetwork": False,
                "automountServiceAccountToken": False,
                "containers": [
                    {"name": "c", "args": [], "resources": {"limits": {"cpu": 0.5, "memory": 1024}}, "stdin": True}
                ],
            },
        }
    )
    assert obj["metadata"] == {"name": "p"}
    assert obj["spec"] == {
        "automountServiceAccountToken": False,
        "containers": [{"name": "c", "resources": {"limits": {"cpu": "500m", "memory": "1024"}}, "stdin": True}],
    }


def test_what_kubernetes_leaves_out_when_empty() -> None:
    spec = {"podSelector": {"matchLabels": {}}, "ingress": [], "template": {"emptyDir": {}, "nodeSelector": {}}}
    obj = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {}, "spec": spec}
    assert normalize.inputs(obj)["spec"] == {"podSelector": {}, "template": {"emptyDir": {}}}


def test_data_and_custom_resources_are_the_users_own() -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}, "data": {"limits": "1000m"}}
    custom = {"apiVersion": "example.com/v1", "kind": "W", "metadata": {}, "spec": {"limits": {"a": "1000m"}, "l": []}}
    assert normalize.inputs(dict(config)) == config
    assert normalize.inputs(dict(custom)) == custom


LIVE = {"spec": {"replicas": 1, "template": {"containers": [{"image": "a", "cpu": "1"}]}}, "status": {"x": 1}}
INPUTS = {"spec": {"replicas": 1, "hidden": False, "template": {"containers": [{"image": "a", "cpu": "1000m"}]}}}


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (LIVE, INPUTS),
        ({**LIVE, "status": {"x": 2}}, INPUTS),
        (
            {"spec": {**LIVE["spec"], "replicas": 3}},
            {"spec": {**INPUTS["spec"], "replicas": 3}},
        ),
        (
            {"spec": {"template": LIVE["spec"]["template"]}},
            {"spec": {"hidden": False, "template": INPUTS["spec"]["template"]}},
        ),
        (
            {"spec": {"replicas": 1, "template": {"containers": [{"image": "b", "cpu": "1"}]}}},
            {"spec": {**INPUTS["spec"], "template": {"containers": [{"image": "b", "cpu": "1000m"}]}}},
        ),
    ],
    ids=["same", "status", "scaled", "removed", "in a list"],
)
def test_refresh_changes_inputs_only_where_the_object_changed(now: Any, expected: Any) -> None:
    assert normalize.refreshed(INPUTS, LIVE, now) == expected
