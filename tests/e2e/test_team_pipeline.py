"""The example as the daily DAG of a team: a backfill, the same again, and data that breaks the contract."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from examples.keyword_recommender import days, steps
from tests.support import keyword_recommender as example
from tests.support.cluster import Cluster
from tests.support.mlflow import pairs
from tests.support.pipelines import Pipelines
from tests.support.teams import Team, open_team

MODEL = "keyword-recommender"
TASKS = ("ingest", "data_contract", "features_train", "evaluate_log_register")
FILES = ("choice.json", "evaluation.json", "features.npz", "incoming.csv", "logged.json", "model.npz", "ratings.csv")
DAYS = 1
SECONDS = 300
BOUNDS = {"requests": {"cpu": "100m", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}}


pytestmark = pytest.mark.usefixtures("early")


@pytest.fixture(scope="module")
def search(cluster: Cluster, ingress: str) -> Team:
    return open_team(cluster, "team-search", ingress)


@pytest.fixture(scope="module")
def pipelines(search: Team) -> Pipelines:
    found = Pipelines.of(search.name.removeprefix("team-"), patience=60)
    found.push(example.PROJECT).must_succeed()
    return found


@dataclass(frozen=True)
class Backfilled:
    """A backfill that has ended."""

    days: list[date]
    runs: dict[date, dict[str, Any]]
    resources: dict[str, Any]
    """Of the pods, by task."""


@pytest.fixture(scope="module")
def backfilled(pipelines: Pipelines, cluster: Cluster, search: Team) -> Backfilled:
    wanted = example.free_days(example.used_days(pipelines), DAYS)
    resources: dict[str, Any] = {}

    def look() -> None:
        for pod in cluster.items("pods", "-n", search.name, "-l", f"dag_id={example.DAG}"):
            resources[pod["metadata"]["labels"]["task_id"]] = pod["spec"]["containers"][0]["resources"]

    return Backfilled(wanted, example.backfill(pipelines, wanted, SECONDS, look), resources)


def files(team: Team, day: date) -> dict[str, str]:
    """The files of a day and what tells their content."""
    prefix = f"{example.DAG}/{day}/"
    with team.account.client() as s3:
        found = s3.list_objects_v2(Bucket=team.name, Prefix=prefix).get("Contents", [])
    return {entry["Key"].removeprefix(prefix): entry["ETag"] for entry in found}


def tracked(team: Team, day: date) -> list[dict[str, Any]]:
    """The runs of a day in MLflow."""
    found = team.mlflow.runs(team.mlflow.experiment(MODEL))
    return [run for run in found if pairs(run["data"]["tags"]).get("day") == str(day)]


def versions(team: Team) -> Counter[str]:
    """How many versions of the model each day has."""
    return Counter(pairs(version.get("tags", [])).get("day", "") for version in team.mlflow.versions(MODEL))


def test_every_day_runs_through_its_steps(backfilled: Backfilled, pipelines: Pipelines, search: Team) -> None:
    assert {run["state"] for run in backfilled.runs.values()} == {"success"}
    for day, run in backfilled.runs.items():
        states = {name: task["state"] for name, task in pipelines.tasks(example.DAG, run["dag_run_id"]).items()}
        assert states == dict.fromkeys(TASKS, "success")
        assert tuple(sorted(files(search, day))) == FILES


def test_every_day_is_logged_and_registered_once(backfilled: Backfilled, search: Team) -> None:
    for day in backfilled.days:
        (run,) = tracked(search, day)
        assert (run["info"]["run_name"], run["info"]["status"]) == (str(day), "FINISHED")
        assert pairs(run["data"]["metrics"])["ndcg_difference_at_10_low"] > 0
        tags = pairs(run["data"]["tags"])
        assert tags["pipeline_run"] == backfilled.runs[day]["dag_run_id"]
        assert "@sha256:" in tags["image"]
        assert versions(search)[str(day)] == 1


def test_training_is_given_what_it_asks_for(backfilled: Backfilled) -> None:
    for task in ("features_train", "evaluate_log_register"):
        assert backfilled.resources[task] == BOUNDS
    assert set(backfilled.resources["ingest"]) == {"requests", "limits"}


@pytest.mark.timeout(360)
def test_the_same_days_again_double_nothing(backfilled: Backfilled, pipelines: Pipelines, search: Team) -> None:
    before = {day: (files(search, day), tracked(search, day)) for day in backfilled.days}
    again = example.backfill(pipelines, backfilled.days, SECONDS)
    for day, (content, runs) in before.items():
        assert again[day]["end_date"] > backfilled.runs[day]["end_date"]
        assert again[day]["state"] == "success"
        assert files(search, day) == content
        assert [run["info"]["run_id"] for run in tracked(search, day)] == [run["info"]["run_id"] for run in runs]
        assert versions(search)[str(day)] == 1


def test_a_violation_stops_the_run_and_names_rows_and_rule(pipelines: Pipelines, search: Team) -> None:
    (day,) = example.free_days(example.used_days(pipelines), 1)
    rows = days.arriving(day).astype({"rating": float})
    rows.loc[[0, 7], "rating"] = 9
    key = f"delivered/{day}.csv"
    with search.account.client() as s3:
        s3.put_object(Bucket=search.name, Key=key, Body=steps.to_csv(rows))
    name = f"spoiled-{day}"
    example.trigger(pipelines, name, day, source=key)
    assert pipelines.wait(example.DAG, name, SECONDS)["state"] == "failed"
    tasks = pipelines.tasks(example.DAG, name)
    states = {task: (said["state"], said["try_number"]) for task, said in tasks.items()}
    assert states["ingest"] == ("success", 1)
    # At once: the same rows would break the same rule again.
    assert states["data_contract"] == ("failed", 1)
    assert {states[task][0] for task in TASKS[2:]} == {"upstream_failed"}
    log = pipelines.log(example.DAG, name, "data_contract", f"{example.DAG}/{day}/incoming.csv breaks its contract")
    assert "rating must be at most 5: 2 rows (2, 9)" in log
    assert sorted(files(search, day)) == ["incoming.csv"]
    assert tracked(search, day) == []
