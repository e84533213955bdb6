"""The provider's service against a real API server: what only a real one can refuse, default, own and delete."""

from __future__ import annotations

import base64
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.provider import checkpoint, kubeconfig
from local.provider.errors import ApiError
from local.provider.protos import provider_pb2
from local.provider.rest import APPLY, Client
from local.provider.values import prune, same
from local.provider.wire import Secret
from tests.support.control_plane import ControlPlane
from tests.support.provider_calls import Engine, InitFailedError, configure, manifest, urn

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

CONFIG_MAP = urn("core/v1:ConfigMap")
NONE, SOME = provider_pb2.DiffResponse.DIFF_NONE, provider_pb2.DiffResponse.DIFF_SOME


@pytest.fixture
def client(plane: ControlPlane) -> Client:
    """A client beside the provider's, as somebody else would have."""
    return Client(kubeconfig.load(str(plane.kubeconfig), "", "", ""))


def config_map(namespace: str, **data: str) -> dict[str, Any]:
    return manifest("v1", "ConfigMap", "settings", namespace, data=data)


def path_of(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps/settings"


def apply_as(client: Client, manager: str, obj: dict[str, Any]) -> None:
    client.request(
        "PATCH", path_of(obj["metadata"]["namespace"]), {"fieldManager": manager, "force": "true"}, obj, APPLY
    )


def test_the_life_of_an_object(live: Engine, namespace: str, client: Client) -> None:
    inputs = live.check(CONFIG_MAP, config_map(namespace, a="1", b="2"))
    identifier, state = live.create(CONFIG_MAP, inputs)
    assert identifier == f"{namespace}/settings"
    assert live.diff(CONFIG_MAP, state, inputs).changes == NONE

    new = live.check(CONFIG_MAP, config_map(namespace, a="9"), olds=inputs)
    found = live.diff(CONFIG_MAP, state, new)
    assert set(found.detailedDiff) == {"data.a", "data.b"}
    assert live.update(CONFIG_MAP, state, new, preview=True)["data"] == {"a": "9"}
    assert client.request("GET", path_of(namespace))["data"] == {"a": "1", "b": "2"}
    state = live.update(CONFIG_MAP, state, new)
    assert client.request("GET", path_of(namespace))["data"] == {"a": "9"}

    _, read_inputs, read_state = live.read(CONFIG_MAP, identifier, new, state)
    assert (read_inputs, read_state) == (new, state)
    live.delete(CONFIG_MAP, identifier, state)
    assert live.read(CONFIG_MAP, identifier, new, state)[0] == ""
    live.delete(CONFIG_MAP, identifier, state)


def test_an_object_whose_state_was_lost_is_adopted_and_stays_ours(live: Engine, namespace: str, client: Client) -> None:
    first = live.check(CONFIG_MAP, config_map(namespace, a="1", b="2"))
    _, lost = live.create(CONFIG_MAP, first)
    identifier, state = live.create(CONFIG_MAP, first)
    assert state["metadata"]["uid"] == lost["metadata"]["uid"]
    new = config_map(namespace, a="2")
    live.update(CONFIG_MAP, state, new)
    found = client.request("GET", path_of(namespace))
    assert found["data"] == {"a": "2"}
    managers = [entry["manager"] for entry in found["metadata"]["managedFields"]]
    assert managers == [state["__fieldManager"]]
    assert identifier == f"{namespace}/settings"


def test_conflicts_are_reported_and_forced_only_on_demand(live: Engine, namespace: str, client: Client) -> None:
    _, state = live.create(CONFIG_MAP, config_map(namespace, a="1"))
    apply_as(client, "colleague", config_map(namespace, a="theirs"))
    new = config_map(namespace, a="2")
    with pytest.raises(RuntimeError, match="colleague") as caught:
        live.update(CONFIG_MAP, state, new)
    assert ".data.a" in str(caught.value)
    assert client.request("GET", path_of(namespace))["data"] == {"a": "theirs"}
    forced = {**new, "metadata": {**new["metadata"], "annotations": {"pulumi.com/patchForce": "true"}}}
    live.update(CONFIG_MAP, state, forced)
    assert client.request("GET", path_of(namespace))["data"] == {"a": "2"}


def test_without_upsert_what_exists_is_not_touched(
    live: Engine, namespace: str, client: Client, plane: ControlPlane
) -> None:
    apply_as(client, "colleague", config_map(namespace, a="theirs"))
    configure(live, plane.kubeconfig, upsertExistingObjects="false")
    with pytest.raises(RuntimeError, match="already exists"):
        live.create(CONFIG_MAP, config_map(namespace, a="ours"))
    assert client.request("GET", path_of(namespace))["data"] == {"a": "theirs"}


def test_fields_of_a_plain_create_can_be_changed_and_removed(
    live: Engine, namespace: str, client: Client, plane: ControlPlane
) -> None:
    configure(live, plane.kubeconfig, upsertExistingObjects="false")
    _, state = live.create(CONFIG_MAP, config_map(namespace, a="1", b="2"))
    live.update(CONFIG_MAP, state, config_map(namespace, a="3"))
    assert client.request("GET", path_of(namespace))["data"] == {"a": "3"}


def test_drift_is_found_and_put_right(live: Engine, namespace: str, client: Client) -> None:
    inputs = config_map(namespace, a="1")
    identifier, state = live.create(CONFIG_MAP, inputs)
    patch = [{"op": "replace", "path": "/data/a", "value": "by hand"}]
    client.request("PATCH", path_of(namespace), {"fieldManager": "kubectl"}, patch, "application/json-patch+json")
    _, read_inputs, read_state = live.read(CONFIG_MAP, identifier, inputs, state)
    assert read_inputs["data"] == {"a": "by hand"}
    assert live.diff(CONFIG_MAP, read_state, inputs).changes == SOME
    live.update(CONFIG_MAP, read_state, inputs)
    assert client.request("GET", path_of(namespace))["data"] == {"a": "1"}


def test_what_the_server_rewrites_is_no_difference(live: Engine, namespace: str) -> None:
    token = urn("apps/v1:Deployment")
    container = {
        "name": "c",
        "image": "a:1",
        "args": [],
        "tty": False,
        "ports": [{"containerPort": 80}],
        "resources": {"limits": {"cpu": "1000m", "memory": "1024Mi"}, "requests": {"cpu": 0.5}},
    }
    spec = {
        "replicas": 0,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "hostNetwork": False,
                "volumes": [{"name": "v", "emptyDir": {"sizeLimit": "1024Mi"}}],
                "containers": [container],
            },
        },
    }
    news = manifest("apps/v1", "Deployment", "web", namespace, spec=spec)
    inputs = live.check(token, news)
    identifier, state = live.create(token, inputs)
    again = live.check(token, news, olds=inputs)
    assert live.diff(token, state, again).changes == NONE
    # The official provider's own rule for "unchanged": the live object, pruned to the inputs, equals them.
    stored, made = checkpoint.parse(state)
    assert same(prune(made, stored), stored)
    _, read_inputs, read_state = live.read(token, identifier, inputs, state)
    assert live.diff(token, read_state, again).changes == NONE
    assert read_inputs == inputs


def test_secrets(live: Engine, namespace: str) -> None:
    token = urn("core/v1:Secret")
    news = manifest("v1", "Secret", "s", namespace, stringData={"password": Secret("s3cret")}, type="Opaque")
    inputs = live.check(token, news)
    identifier, state = live.create(token, inputs)
    encoded = base64.b64encode(b"s3cret").decode()
    assert state["data"] == Secret({"password": encoded})
    assert live.diff(token, state, live.check(token, news, olds=inputs)).changes == NONE
    _, read_inputs, read_state = live.read(token, identifier, inputs, state)
    assert isinstance(read_inputs["data"], Secret)
    changed = live.check(token, {**news, "stringData": {"password": Secret("other")}}, olds=inputs)
    assert list(live.diff(token, read_state, changed).detailedDiff) == ["data.password"]


def test_a_dry_run_shows_defaults_and_leaves_nothing(live: Engine, namespace: str, client: Client) -> None:
    token = urn("core/v1:Service")
    service = manifest("v1", "Service", "web", namespace, spec={"ports": [{"port": 80}]})
    _, shown = live.create(token, service, preview=True)
    assert shown["spec"]["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]
    assert client.request("GET", f"/api/v1/namespaces/{namespace}/services")["items"] == []


def test_a_misspelt_field_is_found_in_the_preview(live: Engine, namespace: str) -> None:
    service = manifest("v1", "Service", "web", namespace, spec={"prots": [{"port": 80}]})
    with pytest.raises(RuntimeError, match="prots"):
        live.create(urn("core/v1:Service"), service, preview=True)


def test_immutable_fields_by_the_servers_word(live: Engine, namespace: str) -> None:
    token = urn("batch/v1:Job")
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "a"}]}}
    skip = {"annotations": {"pulumi.com/skipAwait": "true"}}
    job = {"suspend": True, "completionMode": "NonIndexed", "completions": 1, "template": template}
    inputs = manifest("batch/v1", "Job", "j", namespace, spec=job, metadata=skip)
    identifier, state = live.create(token, inputs)
    # Not in the official list; the API server says that it's immutable.
    other = manifest("batch/v1", "Job", "j", namespace, spec={**job, "completionMode": "Indexed"}, metadata=skip)
    found = live.diff(token, state, other)
    assert list(found.replaces) == ["spec.completionMode"]
    assert found.deleteBeforeReplace
    longer = manifest("batch/v1", "Job", "j", namespace, spec={**job, "activeDeadlineSeconds": 5}, metadata=skip)
    assert not live.diff(token, state, longer).replaces
    live.delete(token, identifier, state)


WIDGET = urn("example.com/v1:Widget")


@pytest.fixture
def widgets(live: Engine) -> Any:
    """A custom kind with a status."""
    token = urn("apiextensions.k8s.io/v1:CustomResourceDefinition")
    schema = {
        "type": "object",
        "properties": {
            key: {"type": "object", "x_kubernetes_preserve_unknown_fields": True} for key in ("spec", "status")
        },
    }
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": schema},
    }
    names = {"kind": "Widget", "plural": "widgets"}
    spec = {"group": "example.com", "names": names, "scope": "Namespaced", "versions": [version]}
    crd = live.check(
        token, manifest("apiextensions.k8s.io/v1", "CustomResourceDefinition", "widgets.example.com", spec=spec)
    )
    identifier, state = live.create(token, crd)
    assert live.diff(token, state, crd).changes == NONE
    yield
    live.delete(token, identifier, state)


def widget(namespace: str, wait: str = "", **metadata: Any) -> dict[str, Any]:
    # In the background: the garbage collector learns of new kinds every 30 s, and foreground deletion waits for it.
    annotations = {
        "pulumi.com/deletionPropagationPolicy": "background",
        **({"pulumi.com/waitFor": wait} if wait else {}),
    }
    metadata = {"annotations": annotations, **metadata}
    return manifest("example.com/v1", "Widget", "w", namespace, spec={"size": 3}, metadata=metadata)


def test_a_kind_that_is_not_there_yet(live: Engine, namespace: str) -> None:
    assert live.create(WIDGET, widget(namespace), preview=True)[1] == widget(namespace)
    missing = manifest("example.com/v1", "Widget", "w", namespace)
    assert live.read(WIDGET, f"{namespace}/w", missing, {**missing, "__inputs": missing})[0] == ""


def exists(client: Client, path: str) -> bool:
    try:
        client.request("GET", path)
    except ApiError:
        return False
    return True


@pytest.mark.usefixtures("widgets")
@pytest.mark.parametrize(
    "wait", ["condition=Ready", "jsonpath={.status.phase}=Up", '["condition=Ready","jsonpath={.status.phase}"]']
)
def test_waiting_for_somebody_elses_word(live: Engine, namespace: str, client: Client, wait: str) -> None:
    said: list[float] = []

    def controller() -> None:
        path = f"/apis/example.com/v1/namespaces/{namespace}/widgets/w"
        while not exists(client, path):
            time.sleep(0.05)
        time.sleep(1)
        status = {"phase": "Up", "conditions": [{"type": "Ready", "status": "True"}]}
        said.append(time.monotonic())
        client.request("PATCH", f"{path}/status", None, {"status": status}, "application/merge-patch+json")

    thread = threading.Thread(target=controller)
    thread.start()
    identifier, state = live.create(WIDGET, live.check(WIDGET, widget(namespace, wait)))
    late = time.monotonic() - said[0]
    thread.join()
    assert state["status"]["phase"] == "Up"
    assert late < 1, f"noticed after {late:.2f} s"
    live.delete(WIDGET, identifier, state)


@pytest.mark.usefixtures("widgets")
def test_waiting_in_vain_says_what_for_and_keeps_the_object(live: Engine, namespace: str) -> None:
    with pytest.raises(InitFailedError, match="waiting for condition Ready=True") as caught:
        live.create(WIDGET, widget(namespace, "condition=Ready"), timeout=1)
    assert caught.value.id == f"{namespace}/w"
    assert caught.value.state["metadata"]["uid"]
    live.delete(WIDGET, caught.value.id, caught.value.state)


@pytest.mark.usefixtures("widgets")
def test_a_finalizer_holds_the_deletion(live: Engine, namespace: str, client: Client) -> None:
    identifier, state = live.create(WIDGET, widget(namespace, finalizers=["example.com/hold"]))
    with pytest.raises(InitFailedError, match="hold"):
        live.delete(WIDGET, identifier, state, timeout=1)
    path = f"/apis/example.com/v1/namespaces/{namespace}/widgets/w"
    release = {"metadata": {"finalizers": None}}
    threading.Timer(0.5, client.request, ("PATCH", path, None, release, "application/merge-patch+json")).start()
    live.delete(WIDGET, identifier, state)
    assert live.read(WIDGET, identifier, widget(namespace), state)[0] == ""


def test_the_end_of_a_namespace_is_waited_for(live: Engine, namespace: str, client: Client) -> None:
    live.create(CONFIG_MAP, config_map(namespace, a="1"))
    token = urn("core/v1:Namespace")
    obj = manifest("v1", "Namespace", namespace)
    live.delete(token, namespace, {**obj, "__inputs": obj})
    live.create(token, obj)  # gone, so that its name is free (and the fixture finds one to delete)
    left = client.request("GET", f"/api/v1/namespaces/{namespace}/configmaps")["items"]
    assert "settings" not in [item["metadata"]["name"] for item in left]


def test_the_default_namespace_is_let_go_not_deleted(live: Engine, client: Client) -> None:
    token = urn("core/v1:Namespace")
    labelled = manifest("v1", "Namespace", "default", metadata={"labels": {"of-the-test": "yes"}})
    identifier, state = live.create(token, labelled)
    live.delete(token, identifier, state)
    assert "of-the-test" not in client.request("GET", "/api/v1/namespaces/default")["metadata"]["labels"]


def test_sixty_objects_side_by_side(live: Engine, namespace: str) -> None:
    made: dict[str, dict[str, Any]] = {}

    def create(number: int) -> None:
        obj = manifest("v1", "ConfigMap", f"c{number}", namespace, data={"n": str(number)})
        made[live.create(urn("core/v1:ConfigMap", f"c{number}"), obj)[0]] = obj

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(create, range(60)))
        assert len(made) == 60

        def preview(item: tuple[str, dict[str, Any]]) -> None:
            identifier, obj = item
            token = urn("core/v1:ConfigMap", identifier.split("/")[1])
            inputs = live.check(token, obj, olds=obj)
            live.create(token, inputs, preview=True)

        start = time.monotonic()
        list(pool.map(preview, made.items()))
        assert time.monotonic() - start < 5
