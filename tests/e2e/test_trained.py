"""The model was trained on real data by a job on the cluster, beats popularity, and its whole origin is in MLflow."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.cluster import Cluster
from tests.support.mlflow import Mlflow, pairs

NAMESPACE = "mlp-examples"
MODEL = "keyword-recommender"
PREDICT = f"""
import json, mlflow, numpy, pandas
newest = max(mlflow.MlflowClient().search_model_versions("name='{MODEL}'"), key=lambda one: int(one.version))
model = mlflow.pyfunc.load_model(f"models:/{MODEL}/{{newest.version}}")
answer = model.predict(pandas.DataFrame({{"history": [numpy.array([1, 2, 3]), numpy.array([318, 296])]}}))
print("answer: " + json.dumps(answer["items"].tolist()))
"""


@pytest.fixture
def job(cluster: Cluster) -> dict[str, Any]:
    """The newest training job."""
    jobs = cluster.items("jobs", "-n", NAMESPACE, "-l", f"app.kubernetes.io/name={MODEL}")
    assert jobs, f"no job in {NAMESPACE}"
    return max(jobs, key=lambda item: str(item["metadata"]["creationTimestamp"]))


@pytest.fixture
def run(mlflow: Mlflow) -> dict[str, Any]:
    """The newest run of the experiment."""
    runs = mlflow.runs(mlflow.experiment(MODEL))
    assert runs, f"no run in {MODEL}"
    return runs[0]


@pytest.mark.timeout(60)
def test_the_job_succeeded(job: dict[str, Any]) -> None:
    assert job["status"].get("succeeded") == 1


@pytest.mark.timeout(60)
def test_it_beats_popularity(run: dict[str, Any], say: Callable[[str], None]) -> None:
    metrics = pairs(run["data"]["metrics"])
    low, mean, high = (metrics[f"ndcg_difference_at_10{suffix}"] for suffix in ("_low", "", "_high"))
    say(
        f"NDCG@10 {metrics['ndcg_at_10']:.3f}, popularity {metrics['ndcg_popularity_at_10']:.3f}, "
        f"better by {mean:.3f} ({low:.3f} to {high:.3f}) on {metrics['test_users']:.0f} users"
    )
    assert 0 < low < mean < high
    assert mean == pytest.approx(metrics["ndcg_at_10"] - metrics["ndcg_popularity_at_10"])
    assert metrics["hr_at_10"] > metrics["hr_popularity_at_10"]
    assert metrics["test_users"] >= 300


@pytest.mark.timeout(60)
def test_its_origin_is_recorded(run: dict[str, Any], job: dict[str, Any]) -> None:
    tags, params = pairs(run["data"]["tags"]), pairs(run["data"]["params"])
    assert run["info"]["status"] == "FINISHED"
    assert re.fullmatch(r"([0-9a-f]{40}|no-git)\+[0-9a-f]{12,64}", tags["code_version"]), tags["code_version"]
    assert re.fullmatch(r"(sha256:)?[0-9a-f]{64}", tags["data_hash"]), tags["data_hash"]
    assert tags["image"] == job["spec"]["template"]["spec"]["containers"][0]["image"]
    assert "@sha256:" in tags["image"]
    assert {"model", "l2", "seed", "test_fraction"} <= set(params)


@pytest.mark.timeout(60)
def test_the_model_is_registered_from_that_run(mlflow: Mlflow, run: dict[str, Any]) -> None:
    newest = mlflow.versions(MODEL)[0]
    assert newest["run_id"] == run["info"]["run_id"]
    assert newest["status"] == "READY"


@pytest.mark.timeout(240)
def test_the_registered_model_loads_and_predicts(cluster: Cluster, job: dict[str, Any]) -> None:
    name = "e2e-predict"
    template = copy.deepcopy(job["spec"]["template"])
    labels = template["metadata"]["labels"]
    template["metadata"] = {"labels": {key: labels[key] for key in labels if key.startswith("app.kubernetes.io/")}}
    container = template["spec"]["containers"][0]
    container["command"], container["args"] = ["python", "-c", PREDICT], []
    predict = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"backoffLimit": 0, "template": template},
    }
    try:
        cluster.kubectl("create", "-f", "-", given=json.dumps(predict))
        cluster.kubectl(
            "wait", "-n", NAMESPACE, f"job/{name}", "--for=condition=Complete", "--timeout=180s", seconds=200
        )
        log = cluster.kubectl("logs", "-n", NAMESPACE, f"job/{name}")
    finally:
        cluster.kubectl("delete", "job", "-n", NAMESPACE, name, "--ignore-not-found")
    answer = json.loads(next(line for line in log.splitlines() if line.startswith("answer: ")).removeprefix("answer: "))
    assert len(answer) == 2
    assert all(len(items) == 10 for items in answer)
    assert answer[0] != answer[1]
