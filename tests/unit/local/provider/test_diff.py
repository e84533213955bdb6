"""Differences: what is a change, what takes a new object, and under which names they are told."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from local.provider import diff, immutable
from local.provider.diff import Difference
from local.provider.wire import UNKNOWN

METADATA = {"name": "web", "namespace": "ns", "labels": {"app.kubernetes.io/name": "web"}}
INPUTS: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": METADATA,
    "spec": {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "spec": {
                "hostNetwork": False,
                "containers": [{"name": "c", "image": "a:1", "resources": {"limits": {"cpu": "1000m"}}}],
            }
        },
    },
}


def live_of(inputs: dict[str, Any]) -> dict[str, Any]:
    """What an API server would make of them."""
    live = copy.deepcopy(inputs)
    live["metadata"] |= {"uid": "u", "resourceVersion": "7"}
    live["status"] = {"replicas": 1}
    if live["kind"] == "Deployment":
        pod = live["spec"]["template"]["spec"]
        del pod["hostNetwork"]
        pod |= {"dnsPolicy": "ClusterFirst"}
        pod["containers"][0] |= {"resources": {"limits": {"cpu": "1"}}, "imagePullPolicy": "IfNotPresent"}
    return live


def compute(new: dict[str, Any], old: dict[str, Any] | None = None, **options: Any) -> Difference:
    old = INPUTS if old is None else old
    options.setdefault("namespaced", True)
    mutable = {"config_map_mutable": True, "secret_mutable": True, **options.pop("mutable", {})}
    return diff.compute(
        copy.deepcopy(new),
        copy.deepcopy(old),
        options.pop("live", None) or live_of(old),
        patterns=immutable.patterns(new, **mutable),
        **options,
    )


def changed(path: str, value: Any) -> dict[str, Any]:
    """The inputs with one value set (or removed, with None)."""
    new = copy.deepcopy(INPUTS)
    at: Any = new
    *parents, last = path.split("/")
    for key in parents:
        at = at[int(key)] if isinstance(at, list) else at.setdefault(key, {})
    if value is None:
        del at[last]
    else:
        at[last] = value
    return new


def told(found: Difference) -> dict[str, str]:
    return {diff.label(c.path): c.how + ("-replace" if c.replace else "") for c in found.changes}


def test_unchanged_inputs_are_no_difference_whatever_the_server_added() -> None:
    assert compute(INPUTS) == Difference()


CONTAINER = "spec/template/spec/containers/0"


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("spec/replicas", 2, {"spec.replicas": "update"}),
        ("spec/paused", True, {"spec.paused": "add"}),
        ("spec/replicas", None, {"spec.replicas": "delete"}),
        (f"{CONTAINER}/image", "a:2", {"spec.template.spec.containers[0].image": "update"}),
        ("metadata/labels/app.kubernetes.io/name", "x", {'metadata.labels["app.kubernetes.io/name"]': "update"}),
        ("spec/selector/matchLabels/app", "x", {"spec.selector.matchLabels.app": "update-replace"}),
        ("metadata/name", "other", {"metadata.name": "update-replace"}),
        ("metadata/namespace", "other", {"metadata.namespace": "update-replace"}),
        ("spec/replicas", UNKNOWN, {"spec.replicas": "update"}),
        ("metadata/name", UNKNOWN, {"metadata.name": "update-replace"}),
    ],
)
def test_one_change(path: str, value: Any, expected: dict[str, str]) -> None:
    new = changed(path.replace("app.kubernetes.io/name", "LABEL"), value)
    if "LABEL" in new["metadata"]["labels"]:
        new["metadata"]["labels"] = {"app.kubernetes.io/name": new["metadata"]["labels"].pop("LABEL")}
    assert told(compute(new)) == expected


def test_list_items_added_and_removed() -> None:
    more = changed(f"{CONTAINER}/args", ["a"])
    more["spec"]["template"]["spec"]["containers"].append({"name": "d", "image": "b"})
    path = "spec.template.spec.containers"
    assert told(compute(more)) == {f"{path}[0].args": "add", f"{path}[1]": "add"}
    assert told(compute(INPUTS, more, live=live_of(more))) == {f"{path}[0].args": "delete", f"{path}[1]": "delete"}


def test_a_quantity_written_otherwise_is_no_change() -> None:
    assert compute(changed(f"{CONTAINER}/resources", {"limits": {"cpu": 1}})) == Difference()


def test_booleans_are_not_numbers() -> None:
    inputs = {"apiVersion": "e.com/v1", "kind": "W", "metadata": METADATA, "spec": {"on": True}}
    assert told(compute({**inputs, "spec": {"on": 1}}, inputs)) == {"spec.on": "update"}


def test_ignored_changes() -> None:
    new = changed("spec/replicas", 5)
    assert compute(new, ignored=["spec.replicas"]) == Difference()
    assert compute(new, ignored=["spec"]) == Difference()
    assert told(compute(new, ignored=["spec.template"])) == {"spec.replicas": "update"}
    image = changed(f"{CONTAINER}/image", "b")
    assert compute(image, ignored=["spec.template.spec.containers[*].image"]) == Difference()
    labelled = copy.deepcopy(INPUTS)
    labelled["metadata"]["labels"] = {"app.kubernetes.io/name": "x"}
    assert compute(labelled, ignored=['metadata.labels["app.kubernetes.io/name"]']) == Difference()


def test_drift_found_by_a_refresh_is_put_back() -> None:
    drifted = changed("spec/replicas", 4)
    assert told(compute(INPUTS, drifted, live=live_of(drifted))) == {"spec.replicas": "update"}


def test_missing_namespace_means_default() -> None:
    new = changed("metadata/namespace", None)
    in_default = changed("metadata/namespace", "default")
    assert compute(new, in_default) == Difference()
    assert told(compute(new)) == {"metadata.namespace": "update-replace"}


def test_namespace_of_cluster_scoped_kinds_means_nothing() -> None:
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "r"}}
    new = {**role, "metadata": {"name": "r", "namespace": "default"}}
    assert compute(new, role, namespaced=False) == Difference()


def test_the_old_object_goes_first_when_the_new_one_takes_its_name() -> None:
    replaced = changed("spec/selector/matchLabels/app", "x")
    assert compute(replaced).delete_before_replace
    assert not compute(changed("metadata/name", "other")).delete_before_replace
    assert not compute(changed("metadata/namespace", "other")).delete_before_replace
    replaced["metadata"]["annotations"] = {"pulumi.com/autonamed": "true"}
    assert not compute(replaced).delete_before_replace
    assert not compute(changed("spec/replicas", 3)).delete_before_replace


def obj(api_version: str, kind: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": METADATA, **fields}


@pytest.mark.parametrize(
    ("old", "new", "replaces"),
    [
        (obj("v1", "ConfigMap", data={"a": "1"}), obj("v1", "ConfigMap", data={"a": "2"}), False),
        (
            obj("v1", "ConfigMap", data={"a": "1"}, immutable=True),
            obj("v1", "ConfigMap", data={"a": "2"}, immutable=True),
            True,
        ),
        (obj("v1", "Secret", type="Opaque"), obj("v1", "Secret", type="x"), True),
        (obj("v1", "Secret", data={"a": "YQ=="}), obj("v1", "Secret", data={"a": "Yg=="}), False),
        (obj("v1", "Service", spec={"clusterIP": "1"}), obj("v1", "Service", spec={"clusterIP": "2"}), True),
        (obj("v1", "Service", spec={"ports": [1]}), obj("v1", "Service", spec={"ports": [2]}), False),
        (
            obj("v1", "Pod", spec={"containers": [{"image": "a"}]}),
            obj("v1", "Pod", spec={"containers": [{"image": "b"}]}),
            True,
        ),
        (
            obj("v1", "Pod", spec={"containers": [{"image": "a"}]}),
            obj("v1", "Pod", spec={"containers": [{"image": "a"}, {"image": "b"}]}),
            True,
        ),
        (
            obj("batch/v1", "Job", spec={"template": {"a": {"b": 1}}}),
            obj("batch/v1", "Job", spec={"template": {"a": {"b": 2}}}),
            True,
        ),
        (obj("batch/v1", "Job", spec={"suspend": True}), obj("batch/v1", "Job", spec={"suspend": False}), False),
        (obj("batch/v1", "Job"), obj("batch/v1", "Job", spec={"template": {}}), True),
        (
            obj("v1", "PersistentVolumeClaim", spec={"resources": {"requests": {"storage": "1Gi"}}}),
            obj("v1", "PersistentVolumeClaim", spec={"resources": {"requests": {"storage": "2Gi"}}}),
            False,
        ),
        (
            obj("apps/v1", "StatefulSet", spec={"serviceName": "a"}),
            obj("apps/v1", "StatefulSet", spec={"serviceName": "b"}),
            True,
        ),
        (
            obj("rbac.authorization.k8s.io/v1", "RoleBinding", roleRef={"name": "a"}),
            obj("rbac.authorization.k8s.io/v1", "RoleBinding", roleRef={"name": "b"}),
            True,
        ),
        (
            obj("storage.k8s.io/v1", "StorageClass", parameters={"a": "1"}),
            obj("storage.k8s.io/v1", "StorageClass", parameters={"a": "2"}),
            True,
        ),
    ],
)
def test_immutable_fields(old: dict[str, Any], new: dict[str, Any], replaces: bool) -> None:
    found = compute(new, old)
    assert found.changes
    assert bool(found.replaces) is replaces


def test_config_maps_and_secrets_are_replaced_unless_the_provider_lets_them_change() -> None:
    frozen = {"config_map_mutable": False, "secret_mutable": False}
    for kind, before, after in (("ConfigMap", "1", "2"), ("Secret", "YQ==", "Yg==")):
        old, new = obj("v1", kind, data={"a": before}), obj("v1", kind, data={"a": after})
        assert compute(new, old, mutable=frozen).replaces
        assert not compute(new, old).replaces
