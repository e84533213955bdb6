from __future__ import annotations

import json
import re
from typing import Any

import pytest
from pydantic import ValidationError

from components.kubernetes import metrics
from components.platform import PlatformSpec, prometheus_scrape
from components.platform import monitoring_names as names
from components.platform.rules import GROUPS, render
from tests.unit.components import stacks
from tests.unit.components.recorded import Recorded, plain

MONITORED = {
    ("mlp-platform", "mlflow", 9464),
    ("mlp-platform", "node-exporter", 9100),
    ("mlp-platform", "postgres-exporter", 9187),
    ("mlp-platform", "cluster-state", 8080),
    ("mlp-platform", "alertmanager", 9095),
    ("mlp-foundation", "object-store", 9102),
    ("team-search", "airflow", 9102),
}


def changed(**fields: object) -> PlatformSpec:
    return PlatformSpec.model_validate({**stacks.platform_spec().model_dump(), "monitoring": fields})


def one(resources: list[Recorded], kind: str, name: str) -> Recorded:
    (found,) = (item for item in resources if item.type.endswith(f":{kind}") and item.metadata["name"] == name)
    return found


def pod(resources: list[Recorded], kind: str, name: str) -> dict[str, Any]:
    found = one(resources, kind, name).pod
    assert found
    return found


def test_what_has_metrics_says_so_on_a_port_that_a_container_has() -> None:
    seen = set()
    for item in stacks.shipped():
        template = item.pod if item.type.startswith("kubernetes:") else None
        if not template or not (ports := template["metadata"].get("annotations", {}).get(metrics.PORTS)):
            continue
        declared = {p["containerPort"] for c in template["spec"]["containers"] for p in c.get("ports", [])}
        for port in map(int, ports.split(",")):
            assert port in declared
            seen.add((item.metadata["namespace"], item.metadata["name"], port))
    assert seen >= MONITORED


@pytest.mark.parametrize("ports", [(), (1, 2, 3)])
def test_a_pod_has_metrics_on_one_or_two_ports(ports: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="1 to 2 ports"):
        metrics.annotations(*ports)


def test_the_configuration_has_every_rule_and_its_cases() -> None:
    data = one(stacks.platform(), "ConfigMap", "prometheus-config").inputs["data"]
    assert {render.file_name(group) for group in GROUPS} | {render.cases_name(group) for group in GROUPS} < set(data)
    assert json.loads(data["prometheus.yml"]) == prometheus_scrape.config(
        {"prometheus": "/run/secrets/prometheus", "alertmanager": "/run/secrets/alertmanager"}
    )
    assert sum(map(len, data.values())) < 500_000, "a ConfigMap holds 1 MiB"


def job(name: str) -> dict[str, Any]:
    config = prometheus_scrape.config({"prometheus": "a", "alertmanager": "b"})
    (found,) = (one for one in config["scrape_configs"] if one["job_name"] == name)
    return found


def relabelled(name: str, labels: dict[str, str], *, metric: bool = False) -> dict[str, str] | None:
    """As Prometheus does it."""
    found = dict(labels)
    for step in job(name)["metric_relabel_configs" if metric else "relabel_configs"]:
        if step.get("action") == "labeldrop":
            found = {key: value for key, value in found.items() if not re.fullmatch(step["regex"], key)}
            continue
        text = ";".join(found.get(label, "") for label in step.get("source_labels", []))
        match = re.fullmatch(step.get("regex", "(.*)"), text)
        action = step.get("action", "replace")
        if (action == "keep" and not match) or (action == "drop" and match):
            return None
        if action == "replace" and match:
            value = re.sub(r"\$(\d)", lambda group, of=match: of[int(group[1])] or "", step["replacement"])
            found[step["target_label"]] = value
            if not value:
                del found[step["target_label"]]
    return found


def discovered(namespace: str, app: str, ports: str, **more: str) -> dict[str, str]:
    return {
        "__address__": "10.0.0.1:80",
        "__meta_kubernetes_namespace": namespace,
        "__meta_kubernetes_pod_name": f"{app}-0",
        "__meta_kubernetes_pod_ip": "10.0.0.1",
        "__meta_kubernetes_pod_phase": "Running",
        "__meta_kubernetes_pod_node_name": "n",
        "__meta_kubernetes_pod_annotation_mlplatform_dev_metrics_port": ports,
        "__meta_kubernetes_pod_label_app_kubernetes_io_name": app,
        "__meta_kubernetes_pod_label_app_kubernetes_io_component": "c",
        **more,
    }


def target(name: str, labels: dict[str, str]) -> dict[str, str] | None:
    found = relabelled(name, labels)
    if found is None:
        return None
    return {key: value for key, value in found.items() if not key.startswith("__") or key == "__address__"}


def test_a_pod_of_a_team_is_found_by_its_annotation_with_the_labels_of_where_it_runs() -> None:
    expected = {"namespace": "team-search", "pod": "m-0", "app": "m", "job": "m", "component": "c", "team": "search"}
    pod_of_team = discovered("team-search", "m", "3000,9102")
    assert target("teams-1", pod_of_team) == {"__address__": "10.0.0.1:3000", **expected}
    assert target("teams-2", pod_of_team) == {"__address__": "10.0.0.1:9102", **expected}
    assert target("platform-1", pod_of_team) is None
    assert target("teams-2", discovered("team-search", "m", "3000")) is None
    assert target("teams-1", discovered("team-search", "m", "")) is None
    ended = {"__meta_kubernetes_pod_phase": "Succeeded"}
    assert target("teams-1", discovered("team-search", "m", "3000", **ended)) is None


def test_a_pod_of_the_platform_is_believed_and_the_gateway_is_not() -> None:
    found = target("platform-1", discovered("mlp-platform", "node-exporter", "9100"))
    assert found and found["node"] == "n" and "team" not in found
    assert target("teams-1", discovered("mlp-platform", "node-exporter", "9100")) is None
    assert target("platform-1", discovered("mlp-platform", "pushgateway", "9091")) is None
    assert target("teams-1", discovered("mlp-platform", "pushgateway", "9091")) is not None
    assert job("platform-1")["honor_labels"] and "honor_labels" not in job("teams-1")


def test_no_team_takes_a_name_that_rules_believe() -> None:
    for taken in names.JOBS:
        found = target("teams-1", discovered("team-search", taken, "1"))
        assert found and found["job"] == f"team-{taken}"
    for metric in ("kube_node_status_condition", "pg_up", "mlplatform_model_rollouts_total", "node:disk_used:ratio"):
        assert relabelled("teams-1", {"__name__": metric}, metric=True) is None
    for metric in ("bentoml_service_request_total", "mlplatform_predictions_dropped_total", "airflow_ti_finish"):
        assert relabelled("teams-1", {"__name__": metric, "app": "m"}, metric=True)
    pushed = relabelled("teams-1", {"__name__": "x", "app": "pushgateway", "team": "search"}, metric=True)
    assert pushed and "team" not in pushed


@pytest.mark.parametrize("label", ["namespace", "namespace_of", "datname", "bucket"])
def test_what_the_platform_says_of_a_team_gets_its_name(label: str) -> None:
    found = relabelled("platform-1", {"__name__": "x", label: "team-search"}, metric=True)
    assert found and found["team"] == "search"


def test_settings_of_the_database_are_left_out_but_the_bounds() -> None:
    for name, kept in (("pg_settings_max_connections", True), ("pg_settings_work_mem_bytes", False), ("pg_up", True)):
        assert bool(relabelled("platform-1", {"__name__": name}, metric=True)) is kept


def test_sums_of_whole_cgroups_are_left_out() -> None:
    name = "container_network_receive_bytes_total"
    assert relabelled("node-cadvisor", {"__name__": name, "id": "/"}, metric=True) is None
    found = relabelled("node-cadvisor", {"__name__": name, "namespace": "team-a", "id": "/x"}, metric=True)
    assert found == {"__name__": name, "namespace": "team-a", "team": "a"}


def test_retention_leaves_room_for_what_is_being_written() -> None:
    resources = stacks.platform(changed(prometheus={"storage": "10Gi", "retention": "7d"}))
    (container,) = pod(resources, "StatefulSet", "prometheus")["spec"]["containers"]
    assert "--storage.tsdb.retention.size=8192MB" in container["args"]
    assert "--storage.tsdb.retention.time=7d" in container["args"]
    assert "--rules.alert.resend-delay=15s" in container["args"]
    claim = one(resources, "PersistentVolumeClaim", "prometheus-data").inputs["spec"]
    assert claim["resources"] == {"requests": {"storage": "10Gi"}}


def test_passwords_change_with_the_rotation() -> None:
    before, after = stacks.platform(), stacks.platform(changed(rotation=2))
    for tool in ("prometheus", "alertmanager"):
        old, new = (plain(one(made, "Secret", f"{tool}-admin").inputs["stringData"]) for made in (before, after))
        assert old["username"] == new["username"] == "admin"
        assert old["password"] != new["password"]
        assert pod(before, "StatefulSet", tool) != pod(after, "StatefulSet", tool)


def test_a_changed_rule_is_another_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    before = pod(stacks.platform(), "StatefulSet", "prometheus")["metadata"]["annotations"]
    monkeypatch.setattr("components.platform.prometheus.GROUPS", GROUPS[:1])
    after = pod(stacks.platform(), "StatefulSet", "prometheus")["metadata"]["annotations"]
    assert before["mlplatform/config"] != after["mlplatform/config"]


def test_prometheus_reads_pods_nodes_and_metrics_and_nothing_else() -> None:
    roles = {
        item.metadata["name"]: item.inputs["rules"] for item in stacks.platform() if item.type.endswith(":ClusterRole")
    }
    allowed = {
        (what, verb)
        for rule in roles["mlp-platform-prometheus"]
        for what in [*rule.get("resources", []), *rule.get("nonResourceURLs", [])]
        for verb in rule["verbs"]
    }
    read = {(what, verb) for what in ("pods", "nodes") for verb in ("get", "list", "watch")}
    assert allowed == read | {("nodes/metrics", "get"), ("/metrics", "get")}
    for name in ("mlp-platform-cluster-state", "mlp-platform-alertmanager"):
        assert {verb for rule in roles[name] for verb in rule["verbs"]} <= {"list", "watch"}
        assert not {"secrets", "configmaps"} & {what for rule in roles[name] for what in rule["resources"]}


def test_the_database_is_watched_by_a_role_of_its_own() -> None:
    resources = stacks.platform()
    (container,) = pod(resources, "Deployment", "postgres-exporter")["spec"]["containers"]
    environment = {variable["name"]: variable.get("value") for variable in container["env"]}
    assert environment["DATA_SOURCE_USER"] == "mlplatform-monitor"
    assert environment["DATA_SOURCE_URI"] == "postgres.mlp-foundation:5432/postgres?sslmode=disable"
    assert environment["DATA_SOURCE_PASS"] is None
    (provision,) = (item for item in resources if item.name == "postgres-exporter-role-job")
    assert provision.metadata["namespace"] == "mlp-foundation"


def test_where_kube_state_metrics_can_be_had_it_says_what_there_is() -> None:
    image = "registry.example.com/kube-state-metrics@sha256:" + "a" * 64
    template = pod(stacks.platform(changed(cluster_state={"image": image})), "Deployment", "cluster-state")
    theirs, ours = template["spec"]["containers"]
    assert theirs["image"] == image
    assert ours["args"] == ["cluster-state", "ours"]
    assert template["metadata"]["annotations"][metrics.PORTS] == "8080,8081"


def test_there_is_a_gateway_only_where_it_is_wanted() -> None:
    def made(spec: PlatformSpec) -> set[str]:
        return {item.metadata["name"] for item in stacks.platform(spec) if item.type.endswith(":Deployment")}

    assert "pushgateway" not in made(changed())
    assert "pushgateway" in made(changed(pushgateway=True))


def test_the_platform_is_told_of_every_alert_where_it_says() -> None:
    template = pod(stacks.platform(changed(alerts={"webhook": "https://a.example/x"})), "StatefulSet", "alertmanager")
    for container in template["spec"]["containers"]:
        environment = {variable["name"]: variable["value"] for variable in container["env"]}
        assert environment["PLATFORM_WEBHOOK"] == "https://a.example/x"


@pytest.mark.parametrize(
    "fields",
    [
        {"alerts": {"webhook": "ftp://a.example"}},
        {"alerts": {"webhook": "http://"}},
        {"alerts": {"webhook": "http://a b"}},
        {"prometheus": {"retention": "15"}},
        {"cluster_state": {"image": "registry.example.com/kube-state-metrics:2"}},
    ],
    ids=str,
)
def test_what_is_wrong_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        changed(**fields)
