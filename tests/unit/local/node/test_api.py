from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.node import api

NOW = datetime(2026, 1, 1, 12, 0, 0, 500_000, tzinfo=UTC)


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def node(status: str = "True", heard: datetime = NOW) -> dict[str, Any]:
    condition = {"type": "Ready", "status": status, "lastHeartbeatTime": text(heard), "message": "why"}
    return {"status": {"conditions": [{"type": "MemoryPressure", "status": "False"}, condition]}}


def test_a_node_that_reports_now_is_ready() -> None:
    assert api.node_unready(node(), NOW) == []
    assert api.node_unready(node(), None) == []


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "registered"),
        ({"status": {}}, "hasn't reported"),
        (node(heard=NOW - timedelta(minutes=5)), "hasn't reported"),
        (node(status="False"), "why"),
        (node(status="Unknown"), "why"),
    ],
)
def test_why_a_node_is_not_ready(value: dict[str, Any] | None, says: str) -> None:
    (reason,) = api.node_unready(value, NOW)
    assert says in reason


def deployment(**status: int) -> dict[str, Any]:
    ready = {"observedGeneration": 3, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1}
    return {"metadata": {"generation": 3}, "spec": {"replicas": 1}, "status": {**ready, **status}}


def test_a_deployment_of_ready_pods_is_rolled_out() -> None:
    assert api.rolled_out("Deployment", deployment())


@pytest.mark.parametrize(
    "change", [{"observedGeneration": 2}, {"replicas": 2}, {"updatedReplicas": 0}, {"readyReplicas": 0}]
)
def test_a_deployment_on_its_way_is_not(change: dict[str, int]) -> None:
    assert not api.rolled_out("Deployment", deployment(**change))


def test_a_daemon_set_without_a_pod_is_not_rolled_out() -> None:
    status = {"observedGeneration": 1, "desiredNumberScheduled": 1, "updatedNumberScheduled": 1, "numberReady": 1}
    assert api.rolled_out("DaemonSet", {"metadata": {"generation": 1}, "status": status})
    assert not api.rolled_out("DaemonSet", {"metadata": {"generation": 1}, "status": {**status, "numberReady": 0}})
    assert not api.rolled_out("DaemonSet", {"metadata": {"generation": 1}, "status": {"observedGeneration": 1}})


def test_what_is_not_there_is_not_rolled_out() -> None:
    assert not api.rolled_out("Deployment", None)


def pod(ready: str = "True", started: datetime = NOW, owner: str = "ReplicaSet", **metadata: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "p", "namespace": "n", "ownerReferences": [{"kind": owner}], **metadata},
        "status": {
            "conditions": [{"type": "Ready", "status": ready}],
            "containerStatuses": [{"state": {"running": {"startedAt": text(started)}}}],
        },
    }


def test_a_pod_started_since_is_ready() -> None:
    assert api.pod_unready(pod(), NOW) is None


def test_a_pod_of_before_the_crash_is_not_ready_whatever_it_says() -> None:
    old = pod(started=NOW - timedelta(minutes=1))
    assert api.pod_unready(old, NOW) == "Pod n/p (not started yet)"
    assert api.pod_unready(old, None) is None


def test_the_reason_why_a_pod_waits_is_said() -> None:
    waiting = pod(ready="False")
    waiting["status"]["containerStatuses"] = [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]
    assert api.pod_unready(waiting, None) == "Pod n/p (CrashLoopBackOff)"
    assert api.pod_unready({**waiting, "status": {}}, None) == "Pod n/p"


def test_pods_that_end_or_are_someone_elses_do_not_count() -> None:
    assert api.pod_unready(pod(ready="False", owner="Job"), None) is None
    assert api.pod_unready(pod(ready="False", owner="Node"), None) is None
    assert api.pod_unready(pod(ready="False", deletionTimestamp=text(NOW)), None) is None


class FakeApi:
    """Answers GET from a dict."""

    def __init__(self, objects: dict[str, Any]) -> None:
        self.objects = objects

    def get(self, path: str) -> Any:
        return self.objects.get(path)


def test_everything_that_is_not_ready_is_named() -> None:
    fake = FakeApi(
        {
            "/api/v1/nodes/x": node(),
            "/api/v1/namespaces/kube-system/pods": {"items": [pod(ready="False")]},
            "/api/v1/namespaces/other/pods": {"items": []},
            "/apis/apps/v1/namespaces/kube-system/deployments/a": deployment(),
        }
    )
    wanted = [("Deployment", "kube-system", "a"), ("Deployment", "other", "b")]
    found = api.unready(fake, "x", wanted)  # type: ignore[arg-type]  # a double
    assert found == ["Deployment other/b", "Pod n/p"]


def test_a_new_kubelet_must_know_its_pods() -> None:
    mirror = pod(uid="m", annotations={"kubernetes.io/config.mirror": "x"}, owner="Node")
    objects: dict[str, Any] = {
        "/api/v1/nodes/x": node(),
        "/api/v1/namespaces/kube-system/pods": {"items": [pod(uid="a"), mirror]},
        "/api/v1/nodes/x/proxy/pods": {"items": []},
    }
    fake: Any = FakeApi(objects)
    assert api.unready(fake, "x", []) == []
    assert api.unready(fake, "x", [], heard_after=NOW) == ["Pod n/p (not seen)"]
    objects["/api/v1/nodes/x/proxy/pods"]["items"].append({"metadata": {"uid": "a"}})
    assert api.unready(fake, "x", [], heard_after=NOW) == []


def test_nothing_else_is_asked_of_a_node_that_is_away() -> None:
    assert len(api.unready(FakeApi({}), "x", [])) == 1  # type: ignore[arg-type]  # a double
