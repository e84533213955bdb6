from __future__ import annotations

import base64
import gzip
import io
import json
import random
import tarfile
from pathlib import Path
from typing import Any

import pytest

from components.kubernetes.spec import Resources
from components.team import tuning_pod
from local.problem import Problem
from mlp import sweep_job, sweep_runs, sweep_spec, sweeps, web
from mlp.sweep_runs import Tracking
from mlp.sweep_spec import SweepSpec

SPEC = SweepSpec(name="mix", objective="proj.tune:objective", trials=40, parallel=4, direction="maximize")
TEMPLATE = tuning_pod.job("team-search", "r/mlplatform/tuning@sha256:" + "0" * 64, Resources(cpu="100m", memory="1Gi"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "proj"
    folder.mkdir()
    (folder / "tune.py").write_text("def objective(trial): return 1\n")
    return folder


def test_a_file_is_read_and_options_override_it(project: Path, tmp_path: Path) -> None:
    file = project / "sweep.yaml"
    file.write_text("name: mix\nproject: .\nobjective: proj.tune:objective\ntrials: 40\nparallel: 4\n")
    spec, folder = sweep_spec.read(file, {"trials": 5, "pruner": None})
    assert (spec.trials, spec.parallel, spec.pruner, folder) == (5, 4, "none", project)
    assert sweep_spec.read(None, {"name": "a", "objective": "a:b", "trials": 1})[1] is None


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        ("name: mix\nobjective: a:b\n", "has no trials", "--trials"),
        ("name: Mix\nobjective: a:b\ntrials: 1\n", "name is 'Mix'", "keys are: name"),
        ("name: mix\nobjective: a:b\ntrials: 1\nprunner: median\n", "prunner is 'median'", "keys are: name"),
        ("name: mix\nobjective: a:b\ntrials: 0\n", "trials is 0", "greater than or equal to 1"),
        ("- a\n", "is no mapping", "name: mix"),
        ("a: [\n", "isn't YAML", "correct it"),
    ],
)
def test_what_is_wrong_in_a_file_is_said(tmp_path: Path, text: str, what: str, fix: str) -> None:
    file = tmp_path / "sweep.yaml"
    file.write_text(text)
    with pytest.raises(Problem) as said:
        sweep_spec.read(file, {})
    assert what in said.value.what and fix in said.value.fix
    with pytest.raises(Problem, match="can't be read"):
        sweep_spec.read(tmp_path / "none.yaml", {})


def test_a_job_is_the_teams_template_with_the_sweep(project: Path) -> None:
    before = json.dumps(TEMPLATE)
    archive = sweep_job.archive(project)
    job = sweep_job.manifest(TEMPLATE, SPEC, archive, "abc")
    assert json.dumps(TEMPLATE) == before
    assert job["metadata"]["name"] == "sweep-mix"
    assert job["spec"]["parallelism"] == 4
    (container,) = job["spec"]["template"]["spec"]["containers"]
    plain = {one["name"]: one.get("value") for one in container["env"]}
    told = json.loads(plain["SWEEP"])
    assert (told["name"], told["trials"], told["direction"]) == ("mix", 40, "maximize")
    assert plain["PROJECT"] == "/project/project.tar.gz"
    assert plain["MLP_CODE_VERSION"].startswith("abc+")
    assert container["resources"]["limits"] == {"memory": "1Gi"}
    assert job["metadata"]["labels"]["mlplatform.dev/sweep"] == "mix"
    config = sweep_job.config_map(job, archive)
    with tarfile.open(
        fileobj=io.BytesIO(gzip.decompress(base64.b64decode(config["binaryData"]["project.tar.gz"])))
    ) as tar:
        assert tar.getnames() == ["proj/tune.py"]
    volumes = job["spec"]["template"]["spec"]["volumes"]
    assert {"name": "project", "configMap": {"name": config["metadata"]["name"]}} in volumes
    assert sweep_job.archive(project) == archive


def test_a_sweep_may_ask_for_more_and_need_no_project() -> None:
    spec = SPEC.model_copy(update={"resources": Resources(cpu="1", memory="3Gi")})
    job = sweep_job.manifest(TEMPLATE, spec, None, "")
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["resources"] == {"requests": {"cpu": "1", "memory": "3Gi"}, "limits": {"memory": "3Gi"}}
    assert "PROJECT" not in {one["name"] for one in container["env"]}


def test_what_the_worker_is_told_is_what_it_takes() -> None:
    from images.tuning.mlplatform_tuning import settings

    worker = {key: getattr(SPEC, key) for key in sweep_job.WORKER_KEYS}
    assert settings.parse(json.dumps(worker)).trials == 40
    assert set(worker) == set(settings.Sweep.__dataclass_fields__)


def test_a_project_that_cannot_go_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="can't be imported from"):
        sweep_job.archive(tmp_path / "no-such")
    big = tmp_path / "big"
    big.mkdir()
    (big / "data.bin").write_bytes(random.Random(1).randbytes(1_000_000))
    with pytest.raises(Problem, match="may have 900000"):
        sweep_job.archive(big)


def run(number: str, state: str, value: float | None = None, **tags: str) -> dict[str, Any]:
    """As MLflow writes it."""
    told = {"optuna_trial": number, "optuna_state": state, **tags}
    return {
        "info": {"run_id": f"id-{number}", "start_time": 1000, "end_time": 3500},
        "data": {
            "tags": [{"key": key, "value": found} for key, found in told.items()],
            "metrics": [] if value is None else [{"key": "value", "value": value}],
            "params": [{"key": "x", "value": "1"}],
        },
    }


RUNS = [
    run("2", "PRUNED"),
    run("0", "COMPLETE", 0.5),
    run("1", "COMPLETE", 0.7),
    run("3", "RUNNING"),
    run("all", "", **{"trials": "40", "mlplatform.outcome": "running"}),
]


def test_a_sweep_is_read_from_its_runs() -> None:
    found = sweep_runs.read("mix", "maximize", RUNS)
    assert found is not None and found.best is not None
    assert [one.number for one in found.trials] == [0, 1, 2, 3]
    assert (found.ended, found.wanted, found.best.number) == (3, 40, 1)
    assert sweeps.line(found) == "3 of 40 ended, 1 run, 1 pruned, best 0.7 (trial 1)"
    assert sweeps.state_of(found, "running") == "running"
    assert sweeps.state_of(found, "missing") == "stopped"
    least = sweep_runs.read("mix", "minimize", RUNS)
    assert least is not None and least.best is not None and least.best.number == 0
    assert json.loads(sweep_runs.as_json(found))["best"] == 1
    assert sweep_runs.read("mix", "maximize", RUNS[:-1]) is None


def test_mlflow_is_asked_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def ask(method: str, url: str, body: Any, headers: Any) -> web.Answer:
        asked.append((url.rpartition("/2.0/mlflow/")[2], body))
        assert headers["X-MLFLOW-WORKSPACE"] == "team-search"
        if "get-by-name" in url:
            tags = [{"key": "mlplatform.sweep", "value": "maximize"}]
            return web.Answer(200, json.dumps({"experiment": {"experiment_id": "7", "tags": tags}}))
        if "page_token" in body:
            return web.Answer(200, json.dumps({"runs": RUNS[2:]}))
        return web.Answer(200, json.dumps({"runs": RUNS[:2], "next_page_token": "more"}))

    monkeypatch.setattr(web, "ask", ask)
    found = Tracking("http://m", "team-search", "p", "team-search").sweep("mix")
    assert found is not None and len(found.trials) == 4 and found.direction == "maximize"
    assert asked[1][1]["experiment_ids"] == ["7"]


@pytest.mark.parametrize(("status", "said"), [(401, "MLflow refuses"), (500, "MLflow refuses")])
def test_what_mlflow_refuses_is_said(monkeypatch: pytest.MonkeyPatch, status: int, said: str) -> None:
    monkeypatch.setattr(web, "ask", lambda *_: web.Answer(status, "no"))
    with pytest.raises(Problem, match=said):
        Tracking("http://m", "u", "p", "w").sweep("mix")
    monkeypatch.setattr(web, "ask", lambda *_: web.Answer(404, "no"))
    assert Tracking("http://m", "u", "p", "w").sweep("mix") is None
