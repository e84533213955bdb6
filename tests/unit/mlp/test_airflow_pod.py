from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.problem import Problem
from mlp import airflow_pod, health
from mlp.target import Target
from tests.doubles.api_server import ApiServer
from tests.unit.mlp.conftest import Stands

WHERE = Target("double", "r")
PODS = "/api/v1/namespaces/team-search/pods"
DEPLOYMENT = "/apis/apps/v1/namespaces/team-search/deployments/airflow"
LOG = "scheduler | one\napi-server | two\nscheduler | three\nsupervisor | four\n"


@pytest.fixture(autouse=True)
def up(checkout: Path, stands: Stands, monkeypatch: pytest.MonkeyPatch) -> None:
    stands("local-team-search", addresses={"airflow": "http://airflow-search.localhost:8080"})
    monkeypatch.setattr(airflow_pod, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(health, "wait_for_services", lambda whose: None)


def pod(name: str = "airflow-1", created: str = "2026-11-23T00:00:00Z", **state: Any) -> dict[str, Any]:
    container = {
        "name": "airflow",
        "image": "i",
        "imageID": "i",
        "ready": True,
        "restartCount": 0,
        "state": state or {"running": {}},
    }
    return {
        "metadata": {"name": name, "creationTimestamp": created},
        "status": {"phase": "Running", "containerStatuses": [container]},
    }


def deployment(observed: int, updated: int, ready: int, total: int = 1) -> dict[str, Any]:
    return {
        "metadata": {"name": "airflow", "generation": 3},
        "spec": {"replicas": 1, "selector": {}, "template": {}},
        "status": {
            "observedGeneration": observed,
            "updatedReplicas": updated,
            "readyReplicas": ready,
            "replicas": total,
        },
    }


@pytest.mark.parametrize(
    ("component", "tail", "lines"),
    [
        (None, 200, LOG.splitlines()),
        (None, 1, ["supervisor | four"]),
        ("scheduler", 200, ["scheduler | one", "scheduler | three"]),
        ("scheduler", 1, ["scheduler | three"]),
        ("triggerer", 200, []),
        (None, 0, []),
    ],
)
def test_logs_by_component(api: ApiServer, component: str | None, tail: int, lines: list[str]) -> None:
    api.reply("GET", PODS, {"items": [pod("airflow-0", "2026-11-22T00:00:00Z"), pod()]})
    api.reply("GET", f"{PODS}/airflow-1/log", LOG)
    assert list(airflow_pod.logs("search", WHERE, component, False, tail)) == lines


def test_logs_are_followed_line_by_line(api: ApiServer) -> None:
    api.reply("GET", PODS, {"items": [pod()]})
    api.reply("GET", f"{PODS}/airflow-1/log", "scheduler | older\nscheduler | old\n")
    api.reply("GET", f"{PODS}/airflow-1/log", "scheduler | older\nscheduler | old\n" + LOG)
    found = list(airflow_pod.logs("search", WHERE, "scheduler", True, 1))
    assert found == ["scheduler | old", "scheduler | one", "scheduler | three"]
    assert [asked.query.get("follow") for asked in api.asked if asked.path.endswith("/log")] == [None, "true"]


def test_pieces_of_lines_are_put_together() -> None:
    def parts() -> Iterator[bytes]:
        yield from (b"a", b"b\nc", b"\n")

    assert list(airflow_pod._lines(parts())) == ["ab", "c"]


def test_a_pod_that_has_not_started_says_why(api: ApiServer) -> None:
    api.reply("GET", PODS, {"items": [pod(waiting={"reason": "ImagePullBackOff", "message": "no such image"})]})
    with pytest.raises(Problem, match="hasn't started: ImagePullBackOff: no such image"):
        list(airflow_pod.logs("search", WHERE, None, False, 1))


def test_without_a_pod_there_is_no_log(api: ApiServer) -> None:
    api.reply("GET", PODS, {"items": []})
    with pytest.raises(Problem, match="there is no Airflow pod in team-search"):
        list(airflow_pod.logs("search", WHERE, None, False, 1))


def test_restart_waits_for_the_new_pod(api: ApiServer, capsys: pytest.CaptureFixture[str]) -> None:
    api.reply("PATCH", DEPLOYMENT, deployment(2, 1, 1))
    for status in ((2, 1, 1), (3, 0, 1), (3, 1, 0), (3, 1, 1)):
        api.reply("GET", DEPLOYMENT, deployment(*status))
    api.reply("GET", PODS, {"items": [pod(waiting={"reason": "ContainerCreating"})]})
    assert airflow_pod.restart("search", WHERE) > 0
    annotations = api.of("PATCH")[0].body["spec"]["template"]["metadata"]["annotations"]
    assert list(annotations) == ["kubectl.kubernetes.io/restartedAt"]
    assert len([asked for asked in api.of("GET") if asked.path == DEPLOYMENT]) == 4
    assert "airflow of search: ContainerCreating" in capsys.readouterr().err


def test_restart_gives_up(api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow_pod, "RESTART_SECONDS", 0.05)
    api.reply("PATCH", DEPLOYMENT, deployment(2, 1, 1))
    api.reply("GET", DEPLOYMENT, deployment(3, 1, 0))
    api.reply("GET", PODS, {"items": [pod(waiting={"reason": "CrashLoopBackOff"})]})
    with pytest.raises(Problem, match=r"isn't back after .*: CrashLoopBackOff"):
        airflow_pod.restart("search", WHERE)
