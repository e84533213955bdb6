from __future__ import annotations

from typing import Any

import pytest

from local.node.policing.objects import Pod, Policy, pod_of, policy_of, selects

LABELS = {"app": "a", "tier": "back"}


def item(**changes: Any) -> dict[str, Any]:
    containers = [{"ports": [{"name": "web", "containerPort": 8080}, {"containerPort": 9}]}, {}]
    spec = {
        "containers": containers,
        "initContainers": [{"ports": [{"name": "dns", "containerPort": 53, "protocol": "UDP"}]}],
    }
    status = {"podIP": "100.64.16.2", "phase": "Running"}
    metadata = {"namespace": "ns", "name": "pod", "labels": LABELS}
    return {"metadata": metadata, "spec": spec | changes.get("spec", {}), "status": status | changes.get("status", {})}


def test_a_pod_with_what_matters_of_it() -> None:
    ports = {("web", "TCP"): 8080, ("dns", "UDP"): 53}
    assert pod_of(item()) == Pod("ns", "100.64.16.2", LABELS, ports)
    assert pod_of(item(status={"podIP": None, "phase": "Pending"})) == Pod("ns", "", LABELS, ports)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": {"phase": "Succeeded"}},
        {"status": {"phase": "Failed"}},
        {"spec": {"hostNetwork": True}},
    ],
)
def test_pods_that_have_no_address_of_their_own(changes: dict[str, Any]) -> None:
    assert pod_of(item(**changes)) is None


@pytest.mark.parametrize(
    ("selector", "meant"),
    [
        ({}, True),
        ({"matchLabels": {"app": "a"}}, True),
        ({"matchLabels": {"app": "b"}}, False),
        ({"matchLabels": {"app": "a", "tier": "front"}}, False),
        ({"matchLabels": {"other": "a"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "b"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["b"]}]}, False),
        ({"matchExpressions": [{"key": "other", "operator": "In", "values": ["b"]}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["b"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["a"]}]}, False),
        ({"matchExpressions": [{"key": "other", "operator": "NotIn", "values": ["a"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "other", "operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
        ({"matchExpressions": [{"key": "other", "operator": "DoesNotExist"}]}, True),
        ({"matchLabels": {"app": "a"}, "matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, False),
    ],
)
def test_selectors(selector: dict[str, Any], meant: bool) -> None:
    assert selects(selector, LABELS) is meant


def test_an_unknown_operator_is_no_silent_yes() -> None:
    with pytest.raises(ValueError, match="Near"):
        selects({"matchExpressions": [{"key": "app", "operator": "Near"}]}, LABELS)


@pytest.mark.parametrize(
    ("spec", "directions"),
    [
        ({}, ["Ingress"]),
        ({"ingress": [{}]}, ["Ingress"]),
        ({"egress": [{}]}, ["Ingress", "Egress"]),
        ({"policyTypes": ["Egress"]}, ["Egress"]),
        ({"policyTypes": ["Ingress", "Egress"]}, ["Ingress", "Egress"]),
    ],
)
def test_directions(spec: dict[str, Any], directions: list[str]) -> None:
    found = policy_of({"metadata": {"namespace": "ns", "name": "p"}, "spec": spec})
    assert found == Policy("ns", "p", spec)
    assert found.directions == directions
