"""A day's run, step by step, over S3 as moto plays it; what MLflow would be told is looked at, not sent."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date, timedelta

import boto3
import numpy as np
import pandas as pd
import pytest
from moto import mock_aws

from examples.keyword_recommender import bucket, contract, data, days, steps, tracking, train
from examples.keyword_recommender.evaluate import Interval

BUCKET = "team-search"
DAY = "2020-01-03"


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TEAM_BUCKET", BUCKET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    bucket._client.cache_clear()
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        yield
    bucket._client.cache_clear()


def files() -> dict[str, bytes]:
    """Everything in the bucket."""
    client = boto3.client("s3")
    keys = [found["Key"] for found in client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
    return {key: client.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def learn(day: str) -> None:
    folder = steps.folder(day)
    steps.ingest(folder)
    steps.data_contract(folder)
    steps.features(folder)
    steps.fit(folder)


def deliver(rows: pd.DataFrame) -> str:
    return bucket.Folder("delivered", date(2020, 1, 1)).put("slice.csv", steps.to_csv(rows))


def features(day: str) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    return steps._features(steps.folder(day))


def test_a_days_run_leaves_its_files_in_its_folder_and_nowhere_else() -> None:
    learn(DAY)
    steps.evaluate(steps.folder(DAY))
    names = ("incoming.csv", "ratings.csv", "features.npz", "choice.json", "model.npz", "evaluation.json")
    assert set(files()) == {f"keyword_recommender/{DAY}/{name}" for name in names}


def test_a_day_run_again_overwrites_and_gives_the_same() -> None:
    learn(DAY)
    first = files()
    learn(DAY)
    assert files() == first


def test_a_day_learns_from_all_slices_up_to_it(ratings: pd.DataFrame) -> None:
    learn(DAY)
    before, after, digest = features(DAY)
    arrived = ratings.loc[sorted(index for n in (1, 2, 3) for index in data.day(ratings, n, days.SLICES).index)]
    assert len(before) + len(after) == len(arrived)
    assert digest == data.data_hash(arrived)


def test_days_run_in_any_order_give_the_same() -> None:
    learn(DAY)
    alone = features(DAY)[2]
    learn("2020-01-01")
    learn(DAY)
    assert features(DAY)[2] == alone


def test_an_accepted_slice_counts_for_later_days_and_a_refused_one_does_not() -> None:
    earlier = steps.folder("2020-01-02")
    rows = days.arriving(earlier.day)
    learn(DAY)
    published = features(DAY)[2]
    steps.ingest(earlier, deliver(rows.assign(rating=9.0)))
    with pytest.raises(contract.ContractError):
        steps.data_contract(earlier)
    steps.features(steps.folder(DAY))
    assert features(DAY)[2] == published
    steps.ingest(earlier, deliver(rows.iloc[:-1]))
    steps.data_contract(earlier)
    steps.features(steps.folder(DAY))
    assert features(DAY)[2] != published


def test_a_violation_names_file_rule_and_lines_and_accepts_nothing() -> None:
    rows = days.arriving(date(2020, 1, 3)).astype({"rating": object})
    rows.loc[[0, 7], "rating"] = 9
    rows.loc[9, "rating"] = None
    folder = steps.folder(DAY)
    steps.ingest(folder, deliver(rows))
    with pytest.raises(contract.ContractError) as caught:
        steps.data_contract(folder)
    assert str(caught.value).splitlines() == [
        f"keyword_recommender/{DAY}/incoming.csv breaks its contract:",
        "  - rating must not be empty: 1 rows (11)",
        "  - rating must be at most 5: 2 rows (2, 9)",
    ]
    lines = files()[f"keyword_recommender/{DAY}/incoming.csv"].decode().splitlines()
    assert [lines[number - 1].split(",")[2] for number in (2, 9, 11)] == ["9", "9", ""]
    assert folder.find(steps.ACCEPTED) is None


def test_text_among_numbers_is_named_by_its_line() -> None:
    rows = days.arriving(date(2020, 1, 3)).astype({"movieId": object})
    rows.loc[5, "movieId"] = "Heat"
    folder = steps.folder(DAY)
    steps.ingest(folder, deliver(rows))
    with pytest.raises(contract.ContractError, match=r"movieId must be of kind integer, it is string: 1 rows \(7\)"):
        steps.data_contract(folder)


def test_half_a_slice_is_refused() -> None:
    folder = steps.folder(DAY)
    steps.ingest(folder, deliver(days.arriving(folder.day).head(500)))
    with pytest.raises(contract.ContractError, match="at least 1000 rows are needed, there are 500"):
        steps.data_contract(folder)


def test_every_slice_keeps_the_contract() -> None:
    for number in range(days.SLICES):
        rows = days.arriving(days.FIRST + timedelta(days=number))
        assert steps.SLICE.violations(pd.read_csv(io.BytesIO(steps.to_csv(rows)))) == []


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What would be logged and registered; the server's side is tried on a real one."""
    calls: list[tuple[object, ...]] = []

    def log(model: object, facts: tracking.Facts, example: object) -> tracking.Logged:
        calls.append((model is not None, facts.test_users, facts.origin))
        return tracking.Logged("run-1", "models:/m-1" if model else None)

    def register(logged: tracking.Logged, facts: tracking.Facts) -> str:
        calls.append((logged, facts.parameters["l2"]))
        return "7"

    monkeypatch.setattr(tracking, "log", log)
    monkeypatch.setattr(tracking, "register", register)
    return calls


def test_a_better_model_is_logged_with_its_day_and_registered(
    told: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    learn(DAY)
    folder = steps.folder(DAY)
    steps.evaluate(folder)
    assert steps.log(folder, "scheduled__1") == "run-1"
    assert steps.register(folder, "scheduled__1") == "7"
    assert told[0] == (True, 671, {"day": DAY, "pipeline_run": "scheduled__1"})
    assert told[1] == (tracking.Logged("run-1", "models:/m-1"), 400)
    assert "671 test users" in capsys.readouterr().out


def test_one_that_is_not_better_is_logged_without_a_model_and_not_registered(told: list[tuple[object, ...]]) -> None:
    learn(DAY)
    folder = steps.folder(DAY)
    steps.evaluate(folder)
    worse = json.loads(folder.get(steps.EVALUATION))
    worse["metrics"]["ndcg_difference"]["low"] = -0.01
    folder.put(steps.EVALUATION, json.dumps(worse).encode())
    steps.log(folder, "scheduled__1")
    with pytest.raises(train.TrainingError, match=r"starts at -0.0100, it must be above 0; run run-1 is marked failed"):
        steps.register(folder, "scheduled__1")
    assert [call[0] for call in told] == [False]


def test_what_is_stored_is_what_is_read() -> None:
    learn(DAY)
    folder = steps.folder(DAY)
    steps.evaluate(folder)
    before, after, _ = features(DAY)
    again, choice = train.fit(before, steps.SETTINGS)
    assert np.array_equal(steps._model(folder).solved, again.solved)
    assert steps._scores(folder) == train.score(again, before, after, steps.SETTINGS)
    assert steps._facts(folder, "scheduled__1").parameters["half_life"] == choice.recency.half_life
    assert isinstance(steps._scores(folder).metrics["ndcg"], Interval)
