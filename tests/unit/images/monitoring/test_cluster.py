from __future__ import annotations

from pathlib import Path

import pytest

from images.monitoring.monitoring.cluster import Cluster, RefusedError
from images.monitoring.monitoring.errors import MonitoringError
from tests.unit.images.monitoring.conftest import Api


def test_a_list_is_read_page_by_page_with_the_token_as_it_is_now(api: Api, cluster: Cluster, tmp_path: Path) -> None:
    api.lists["/api/v1/pods"] = [{"n": 1}, {"n": 2}, {"n": 3}]
    assert cluster.list("/api/v1/pods", "a=b") == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert [token for _, token in api.asked] == ["Bearer abc"] * 3
    assert all("labelSelector=a%3Db" in path for path, _ in api.asked)
    (tmp_path / "token").write_text("new")
    cluster.list("/api/v1/pods")
    assert api.asked[-1][1] == "Bearer new"


def test_a_refusal_has_its_status(api: Api, cluster: Cluster) -> None:
    api.forbidden.add("/api/v1/pods")
    with pytest.raises(RefusedError, match="answers /api/v1/pods with 403") as caught:
        cluster.get("/api/v1/pods")
    assert caught.value.status == 403


def test_no_server_and_no_token_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MonitoringError, match="no token"):
        Cluster("http://127.0.0.1:9", tmp_path).get("/x")
    (tmp_path / "token").write_text("abc")
    with pytest.raises(MonitoringError, match="doesn't answer /x"):
        Cluster("http://127.0.0.1:9", tmp_path).get("/x")
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(MonitoringError, match="isn't a pod"):
        Cluster()
