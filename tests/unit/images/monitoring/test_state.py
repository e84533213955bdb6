from __future__ import annotations

import re
from typing import Any

import pytest

from components.platform.cluster_state import KINDS
from components.platform.rules import GROUPS, Alert, Record
from images.monitoring.monitoring.errors import MonitoringError
from images.monitoring.monitoring.state.collect import KUBERNETES, OURS, Collector
from images.monitoring.monitoring.state.quantity import quantity, resource
from tests.unit.images.monitoring.objects import LISTS, POD, SECONDS


class Lists:
    def __init__(self, objects: dict[str, Any]) -> None:
        self.objects = objects

    def list(self, path: str) -> list[dict[str, Any]]:
        if path not in self.objects:
            raise MonitoringError(f"the API server answers {path} with 403")
        found: list[dict[str, Any]] = self.objects[path]
        return found


def text(objects: dict[str, Any] = LISTS) -> str:
    return Collector(Lists(objects), KUBERNETES | OURS).metrics()


GPU = 'resource="nvidia_com_gpu",unit="integer"'
WHO = 'namespace="team-search",pod="p",uid="uid-p"'


@pytest.mark.parametrize(
    "line",
    [
        f'kube_pod_status_phase{{{WHO},phase="Running"}} 1',
        f'kube_pod_status_phase{{{WHO},phase="Pending"}} 0',
        f'kube_pod_status_ready{{{WHO},condition="false"}} 1',
        f"kube_pod_start_time{{{WHO}}} {SECONDS}",
        f'kube_pod_container_resource_requests{{{WHO},container="c",node="n",resource="cpu",unit="core"}} 0.1',
        f'kube_pod_container_resource_requests{{{WHO},container="c",node="n",{GPU}}} 1',
        f'kube_pod_container_resource_limits{{{WHO},container="c",node="n",resource="memory",unit="byte"}} 1073741824',
        f'kube_pod_container_status_restarts_total{{{WHO},container="c"}} 3',
        f'kube_pod_container_status_waiting_reason{{{WHO},container="c",reason="CrashLoopBackOff"}} 1',
        f'kube_pod_container_status_last_terminated_reason{{{WHO},container="c",reason="OOMKilled"}} 1',
        f'kube_pod_container_info{{{WHO},container="c",image="i\\"1",image_id=""}} 1',
        'kube_deployment_spec_replicas{namespace="team-search",deployment="d"} 3',
        'kube_deployment_status_replicas_available{namespace="team-search",deployment="d"} 2',
        'kube_deployment_status_replicas_unavailable{namespace="team-search",deployment="d"} 0',
        'kube_statefulset_replicas{namespace="team-search",statefulset="s"} 1',
        'kube_statefulset_status_replicas_ready{namespace="team-search",statefulset="s"} 1',
        'kube_daemonset_status_desired_number_scheduled{namespace="team-search",daemonset="e"} 2',
        'kube_job_failed{namespace="team-search",job_name="j",condition="true"} 1',
        'kube_job_status_failed{namespace="team-search",job_name="j",reason="BackoffLimitExceeded"} 1',
        'kube_job_status_failed{namespace="team-search",job_name="j",reason="Evicted"} 0',
        'kube_horizontalpodautoscaler_spec_max_replicas{namespace="team-search",horizontalpodautoscaler="h"} 5',
        'kube_node_status_condition{node="n",condition="Ready",status="true"} 1',
        'kube_node_status_condition{node="n",condition="Ready",status="unknown"} 0',
        'kube_node_status_capacity{node="n",resource="nvidia_com_gpu",unit="integer"} 1',
        'kube_node_status_allocatable{node="n",resource="cpu",unit="core"} 1.9',
        'kube_node_spec_unschedulable{node="n"} 1',
        'kube_namespace_status_phase{namespace="team-search",phase="Active"} 1',
        'kube_resourcequota{namespace="team-search",resourcequota="team",resource="requests.cpu",type="used"} 0.5',
        'kube_persistentvolumeclaim_resource_requests_storage_bytes{namespace="team-search",persistentvolumeclaim="v"}'
        " 5368709120",
        'kube_persistentvolumeclaim_status_phase{namespace="team-search",persistentvolumeclaim="v",phase="Bound"} 1',
        'mlplatform_tenant_ready{namespace="team-search"} 1',
        "mlplatform_cluster_state_objects_failed 0",
    ],
    ids=lambda line: line.partition("{")[0],
)
def test_it_is_said_as_kube_state_metrics_says_it(line: str) -> None:
    assert line in text().splitlines()


def test_no_series_is_there_twice_and_each_metric_says_its_type() -> None:
    lines = text().splitlines()
    series = [line.rpartition(" ")[0] for line in lines if not line.startswith("#")]
    assert len(set(series)) == len(series)
    types = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert {one.partition("{")[0] for one in series} == set(types)


def test_every_metric_of_cluster_state_that_a_rule_reads_is_served() -> None:
    read = {
        name
        for group in GROUPS
        for rule in group.rules
        if isinstance(rule, Alert | Record)
        for name in re.findall(r"\b(?:kube|mlplatform_tenant)_[a-z_]+", rule.expr)
        if not name.startswith("kube_state")
    }
    assert len(read) > 8
    assert read <= set(re.findall(r"^# TYPE (\S+)", text(), re.MULTILINE))


def test_kube_state_metrics_is_asked_for_the_same_kinds() -> None:
    assert {path.rpartition("/")[2] for path in KUBERNETES} == set(KINDS)


def test_what_cannot_be_read_or_understood_is_counted_and_hides_nothing_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken = {**POD, "metadata": {"name": "broken"}}
    objects = {**LISTS, "/api/v1/pods": [broken, POD]}
    del objects["/api/v1/nodes"]
    lines = text(objects).splitlines()
    assert 'mlplatform_cluster_state_read{kind="nodes"} 0' in lines
    assert 'mlplatform_cluster_state_read{kind="pods"} 1' in lines
    assert "mlplatform_cluster_state_objects_failed 1" in lines
    assert any(line.startswith("kube_pod_info{") for line in lines)
    assert "broken" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("100m", 0.1),
        ("2", 2),
        ("264212084Ki", 264212084 * 1024),
        ("1.5Gi", 1.5 * 2**30),
        ("5G", 5e9),
        ("1e3", 1000),
        ("128974848000m", 128974848),
    ],
)
def test_amounts(given: str, value: float) -> None:
    assert quantity(given) == pytest.approx(value)


@pytest.mark.parametrize("given", ["", "Gi", "1 Gi", "1i", "x"])
def test_nonsense_is_no_amount(given: str) -> None:
    with pytest.raises(ValueError, match="no amount"):
        quantity(given)


def test_resources_have_units() -> None:
    assert resource("hugepages-2Mi") == {"resource": "hugepages_2Mi", "unit": "byte"}
    assert resource("pods") == {"resource": "pods", "unit": "integer"}
