from __future__ import annotations

import json
from typing import Any

import pulumi
import pydantic
import pytest

from components.platform import Platform, PlatformInputs, PlatformSpec
from components.platform.dashboards import ALL
from components.platform.grafana import Grafana, GrafanaInputs, Metrics
from components.platform.grafana_spec import GrafanaSpec
from components.platform.spec import NAMESPACE
from tests.unit.components import stacks
from tests.unit.components.recorded import Recorded, plain, record

IMAGE = f"registry.test:5000/grafana@sha256:{'ab' * 32}"


def made(spec: GrafanaSpec) -> list[Recorded]:
    inputs = GrafanaInputs(
        stacks.contract(),
        NAMESPACE,
        stacks.IMAGES.reference("monitoring"),
        Metrics("http://prometheus.mlp-platform:9090", "admin", "prometheus-admin"),
        pulumi.Output.secret(stacks.ROOT),
    )
    return [found for found in record(lambda: Grafana("grafana", spec, inputs)) if found.type.startswith("kubernetes:")]


def kinds(resources: list[Recorded]) -> set[str]:
    return {found.type.rsplit(":", 1)[-1] for found in resources}


def one(resources: list[Recorded], kind: str, name: str) -> Recorded:
    (found,) = (item for item in resources if item.type.endswith(f":{kind}") and item.metadata["name"] == name)
    return found


def test_dashboards_are_there_without_a_grafana() -> None:
    resources = made(GrafanaSpec())
    assert kinds(resources) == {"ConfigMap"}
    assert len(resources) == len(ALL)
    for found in resources:
        assert found.metadata["namespace"] == NAMESPACE
        assert found.metadata["labels"]["grafana_dashboard"] == "1"
        ((file, text),) = found.inputs["data"].items()
        assert file == f"{found.metadata['name'].removeprefix('dashboard-')}.json"
        assert json.loads(text)["uid"] == f"mlplatform-{file.removesuffix('.json')}"
        # All of an object has to fit into 1 MiB.
        assert len(text) < 200_000


def test_with_an_image_it_runs_and_is_reached() -> None:
    resources = made(GrafanaSpec(image=IMAGE))
    access = {"ServiceAccount", "ClusterRole", "ClusterRoleBinding"}
    assert kinds(resources) == access | {"ConfigMap", "Deployment", "Service", "Secret", "Ingress", "NetworkPolicy"}
    (rule,) = one(resources, "Ingress", "grafana").inputs["spec"]["rules"]
    assert rule["host"] == "grafana.localhost"
    container, sidecar = pod(resources)["containers"]
    assert (container["image"], sidecar["image"]) == (IMAGE, stacks.IMAGES.reference("monitoring"))
    assert container["resources"] == {"requests": {"cpu": "50m", "memory": "256Mi"}, "limits": {"memory": "256Mi"}}
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)


def pod(resources: list[Recorded]) -> dict[str, Any]:
    template = one(resources, "Deployment", "grafana").pod
    assert template
    found: dict[str, Any] = template["spec"]
    return found


def test_it_finds_every_dashboard_where_it_looks() -> None:
    resources = made(GrafanaSpec(image=IMAGE))
    provider = json.loads(one(resources, "ConfigMap", "grafana-provider").inputs["data"]["grafana-provider.yaml"])
    folder = provider["providers"][0]["options"]["path"]
    spec = pod(resources)
    mounted = {mount["name"]: mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]}
    # The sidecar's alone.
    spec["volumes"] = [volume for volume in spec["volumes"] if volume["name"] != "credentials"]
    volumes = {volume["name"]: volume.get("configMap", {}).get("name") for volume in spec["volumes"]}
    assert set(mounted) == set(volumes)
    for board in ALL:
        name = f"dashboard-{board.name}"
        assert volumes[name] == one(resources, "ConfigMap", name).metadata["name"]
        assert mounted[name].startswith(f"{folder}/")
    assert mounted["grafana-provider"] == "/etc/grafana/provisioning/dashboards"
    assert mounted["grafana-datasources"] == "/etc/grafana/provisioning/datasources"


def test_its_passwords_are_in_no_text() -> None:
    resources = made(GrafanaSpec(image=IMAGE))
    password = plain(one(resources, "Secret", "grafana-admin").inputs["stringData"])["password"]
    assert len(password) > 40
    assert all(password not in json.dumps(plain(found.inputs)) for found in resources if found.type[-6:] != "Secret")
    text = one(resources, "ConfigMap", "grafana-datasources").inputs["data"]["grafana-datasources.yaml"]
    (source,) = json.loads(text)["datasources"]
    assert source["secureJsonData"] == {"basicAuthPassword": "$PROMETHEUS_PASSWORD"}
    given = {entry["name"]: entry.get("valueFrom") for entry in pod(resources)["containers"][0]["env"]}
    assert given["PROMETHEUS_PASSWORD"] == {"secretKeyRef": {"name": "prometheus-admin", "key": "password"}}
    assert given["GF_SECURITY_ADMIN_PASSWORD"] == {"secretKeyRef": {"name": "grafana-admin", "key": "password"}}


def test_it_may_see_which_teams_there_are_and_no_more() -> None:
    resources = made(GrafanaSpec(image=IMAGE))
    (rule,) = one(resources, "ClusterRole", "mlplatform-grafana").inputs["rules"]
    assert rule == {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list"]}
    (subject,) = one(resources, "ClusterRoleBinding", "mlplatform-grafana").inputs["subjects"]
    assert (subject["namespace"], subject["name"]) == (NAMESPACE, "grafana")
    assert pod(resources)["serviceAccountName"] == "grafana"


def test_it_reaches_prometheus_the_database_and_the_api_server_and_nothing_else() -> None:
    policy = one(made(GrafanaSpec(image=IMAGE)), "NetworkPolicy", "grafana").inputs["spec"]
    (out,) = policy["egress"]
    assert {port["port"] for port in out["ports"]} == {9090, 5432, 443, 6443}
    (into,) = policy["ingress"]
    assert [port["port"] for port in into["ports"]] == [3000]


def test_a_rotation_is_another_password_and_another_pod() -> None:
    before, after = made(GrafanaSpec(image=IMAGE)), made(GrafanaSpec(image=IMAGE, rotation=2))
    old, new = (plain(one(found, "Secret", "grafana-admin").inputs["stringData"]) for found in (before, after))
    assert old["password"] != new["password"]
    assert one(before, "Deployment", "grafana").pod != one(after, "Deployment", "grafana").pod


@pytest.mark.parametrize("image", ["grafana/grafana:11.0.0", "grafana", "registry.test/grafana@sha256:1"])
def test_an_image_without_a_digest_is_refused(image: str) -> None:
    with pytest.raises(pydantic.ValidationError, match="image"):
        GrafanaSpec(image=image)


@pytest.mark.parametrize("image", [None, IMAGE])
def test_the_platform_says_where_it_is_if_it_runs(image: str | None) -> None:
    wanted = {**stacks.platform_spec().model_dump(), "monitoring": {"grafana": {"image": image}}}
    built: list[Platform] = []
    inputs = PlatformInputs(stacks.contract(), stacks.IMAGES, pulumi.Output.secret(stacks.ROOT))
    resources = record(lambda: built.append(Platform("platform", PlatformSpec.model_validate(wanted), inputs)))
    runs = image is not None
    assert ("grafana" in built[0].addresses) is ("grafana" in built[0].credentials) is runs
    assert (("kubernetes:core/v1:Secret", "grafana-admin") in {(item.type, item.name) for item in resources}) is runs
