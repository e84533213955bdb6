"""A sweep begun, taken up and stopped, as the cluster is asked for it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from components.kubernetes.spec import Resources
from components.team import tuning_pod
from local.problem import Problem
from mlp import jobs, sweep_runs, sweeps, target
from mlp.sweep_spec import SweepSpec
from tests.doubles.api_server import ApiServer
from tests.unit.mlp.conftest import Stands
from tests.unit.mlp.test_sweep import RUNS

SPEC = SweepSpec(name="mix", objective="proj.tune:objective", trials=4, parallel=2)
BATCH, CORE = "/apis/batch/v1/namespaces/team-search", "/api/v1/namespaces/team-search"
JOB, CONFIG = f"{BATCH}/jobs/sweep-mix", f"{CORE}/configmaps/sweep-mix"
TEMPLATE = tuning_pod.job("team-search", "r/mlplatform/tuning@sha256:" + "0" * 64, Resources(cpu="1", memory="1Gi"))


def job(*conditions: str) -> dict[str, Any]:
    return {
        "metadata": {"name": "sweep-mix", "uid": "of-the-job"},
        "status": {"conditions": [{"type": one, "status": "True"} for one in conditions]},
    }


@pytest.fixture(autouse=True)
def up(checkout: Path, stands: Stands, monkeypatch: pytest.MonkeyPatch) -> None:
    stands("local-team-search", addresses={"airflow": "http://airflow-search.localhost:8080"})
    stands("local-platform", addresses={"mlflow": "http://mlflow.localhost:8080"})
    monkeypatch.setattr(jobs, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(sweeps, "POLL_SECONDS", 0.01)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "proj"
    folder.mkdir()
    (folder / "tune.py").write_text("def objective(trial): return 1\n")
    return folder


@pytest.fixture
def cluster(api: ApiServer) -> ApiServer:
    """One on which the team can tune."""
    api.reply("GET", f"{CORE}/configmaps/tuning", {"data": {"job.json": tuning_pod.text(TEMPLATE)}})
    for path in (JOB, CONFIG):
        api.reply("PATCH", path, job())
        api.reply("DELETE", path, {"kind": "Status"})
    api.reply("GET", f"{CORE}/events", {"items": []})
    return api


def changes(api: ApiServer) -> list[tuple[str, str]]:
    return [(one.method, one.path) for one in api.asked if one.method != "GET"]


def test_a_sweep_brings_its_project_which_goes_with_its_job(cluster: ApiServer, project: Path) -> None:
    cluster.fail("GET", JOB, 404, "NotFound", "no job")
    cluster.reply("GET", JOB, job())
    sweeps.start(SPEC, project, "search", target.current())
    assert changes(cluster) == [("DELETE", CONFIG), ("PATCH", CONFIG), ("PATCH", JOB), ("PATCH", CONFIG)]
    owned = cluster.of("PATCH")[-1].body
    assert owned["metadata"]["ownerReferences"][0]["uid"] == "of-the-job"


def test_one_that_ended_is_begun_anew_under_its_name(cluster: ApiServer) -> None:
    cluster.reply("GET", JOB, job("Complete"))
    cluster.fail("GET", JOB, 404, "NotFound", "gone")
    sweeps.start(SPEC, None, "search", target.current())
    assert changes(cluster) == [("DELETE", JOB), ("PATCH", JOB)]


def test_one_that_runs_is_left_alone(cluster: ApiServer, capsys: pytest.CaptureFixture[str]) -> None:
    cluster.reply("GET", JOB, job())
    sweeps.start(SPEC, None, "search", target.current())
    assert changes(cluster) == []
    assert "mlp sweep stop mix --team search" in capsys.readouterr().err


def test_a_team_without_tuning_is_said(api: ApiServer) -> None:
    with pytest.raises(Problem, match="team search has no tuning yet"):
        sweeps.start(SPEC, None, "search", target.current())


def test_stopped(cluster: ApiServer) -> None:
    cluster.reply("GET", JOB, job())
    cluster.fail("GET", JOB, 404, "NotFound", "gone")
    sweeps.stop("mix", "search", target.current())
    assert changes(cluster) == [("DELETE", JOB)]
    with pytest.raises(Problem, match="sweep mix of team search doesn't run"):
        sweeps.stop("mix", "search", target.current())


@pytest.mark.parametrize(
    ("ends", "error", "said"),
    [
        ("Failed", "4 trials failed", "sweep mix failed: 4 trials failed"),
        ("Failed", "", "no room"),
        (None, "", "was stopped"),
    ],
)
def test_how_it_ends_is_said(
    cluster: ApiServer, monkeypatch: pytest.MonkeyPatch, ends: str | None, error: str, said: str
) -> None:
    cluster.reply("GET", JOB, job())
    cluster.reply("GET", JOB, job(ends)) if ends else cluster.fail("GET", JOB, 404, "NotFound", "gone")
    event = {"metadata": {}, "involvedObject": {}, "type": "Warning", "reason": "FailedCreate", "message": "no room"}
    cluster._replies.pop(("GET", f"{CORE}/events"))
    cluster.reply("GET", f"{CORE}/events", {"items": [event]})
    keys = {"USERNAME": "u", "PASSWORD": "p"}
    secret = {f"MLFLOW_TRACKING_{key}": base64.b64encode(value.encode()).decode() for key, value in keys.items()}
    secret["MLFLOW_WORKSPACE"] = base64.b64encode(b"team-search").decode()
    cluster.reply("GET", f"{CORE}/secrets/worker-keys", {"data": secret})
    found = sweep_runs.read("mix", "maximize", json.loads(json.dumps(RUNS)))
    assert found is not None
    shown = sweep_runs.Sweep(**{**vars(found), "error": error})
    monkeypatch.setattr(sweep_runs.Tracking, "sweep", lambda self, name: shown)
    with pytest.raises(Problem, match=said):
        sweeps.watch("mix", "search", target.current())
