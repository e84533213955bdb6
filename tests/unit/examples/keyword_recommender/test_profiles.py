"""What the feature store is given and gives back: nothing of the future, and the same on both sides."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3
import numpy as np
import pandas as pd
import pytest
from moto import mock_aws

from examples.keyword_recommender import bucket, data, days, online, profiles, steps
from examples.keyword_recommender.features import Recency
from examples.keyword_recommender.model import Ease
from examples.keyword_recommender.serving import Served
from tests.doubles.http_tool import serving

BUCKET = "team-search"
DAY = date(2020, 1, 3)


class StoreDouble:
    """A feature store over the bucket's files, joined by no more than a filter."""

    def __init__(self) -> None:
        self.applied: list[str] = []
        self.online: dict[str, dict[int, dict[str, Any]]] = {profiles.USERS: {}, profiles.ITEMS: {}}

    def rows(self, view: str) -> pd.DataFrame:
        client = boto3.client("s3")
        found = client.list_objects_v2(Bucket=BUCKET, Prefix=f"features/{view}/").get("Contents", [])
        bodies = [client.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in found]
        return pd.concat([pickle.loads(body) for body in bodies], ignore_index=True)

    def apply(self, path: str) -> list[str]:
        self.applied.append(path)
        return ["FeatureView user_statistics"]

    def training(self, entities: pd.DataFrame, features: list[str]) -> pd.DataFrame:
        assert features == ["user_statistics:history"]
        kept = self.rows(profiles.USERS)
        found = []
        for row in entities.itertuples():
            known = kept[(kept["user"] == row.user) & (kept["event_timestamp"] <= row.event_timestamp)]
            found.append(known.loc[known["event_timestamp"].idxmax()]["history"] if len(known) else None)
        return entities.assign(history=found)

    def materialize(
        self, views: list[str] | None = None, *, since: datetime | None = None, until: datetime | None = None
    ) -> list[str]:
        assert since is not None and until is not None and views is not None and since < until
        for view, key in ((profiles.USERS, "user"), (profiles.ITEMS, "item")):
            rows = self.rows(view)
            rows = rows[(rows["event_timestamp"] >= since) & (rows["event_timestamp"] < until)]
            for row in rows.sort_values("event_timestamp").to_dict("records"):
                self.online[view][row[key]] = row
        return views


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[StoreDouble]:
    monkeypatch.setenv("TEAM_BUCKET", BUCKET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    # The venv of tests has no Parquet; the image's smoke test joins real files.
    monkeypatch.setattr(profiles, "parquet", lambda rows: pickle.dumps(rows.reset_index(drop=True)))
    bucket._client.cache_clear()
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        yield StoreDouble()
    bucket._client.cache_clear()


def run(day: date, store: StoreDouble | None) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    folder = steps.folder(day.isoformat())
    steps.ingest(folder)
    steps.data_contract(folder)
    steps.features(folder, store)
    if store:
        steps.publish(folder, store)
    return steps._features(folder)


def arrived(day: date) -> pd.DataFrame:
    return data.ordered(pd.concat([days.arriving(each) for each in days.until(day)]))


def test_training_data_from_the_store_is_what_the_slices_say(store: StoreDouble) -> None:
    without, with_ = run(DAY, None), run(DAY, store)
    assert all(np.array_equal(one, other) for one, other in zip(without[:2], with_[:2], strict=True))
    assert without[2] == with_[2]
    assert store.applied == [str(steps.DEFINITIONS)]


def test_what_later_days_know_does_not_leak_into_a_day_that_is_run_again(store: StoreDouble) -> None:
    first = run(DAY, store)
    for later in range(1, 4):
        run(DAY + timedelta(days=later), store)
    again = run(DAY, store)
    assert all(np.array_equal(one, other) for one, other in zip(first[:2], again[:2], strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_a_value_at_a_time_is_made_of_nothing_after_it(store: StoreDouble, seed: int) -> None:
    """Whatever is rated later, values of before stay as they are: the later slices are scrambled."""
    for day in range(1, 5):
        run(date(2020, 1, day), store)
    random = np.random.default_rng(seed)
    changed = date(2020, 1, 4)
    rows = days.arriving(changed)
    scrambled = rows.assign(
        movieId=random.permutation(rows["movieId"].to_numpy()), rating=random.choice([1.0, 5.0], len(rows))
    )
    before = {view: store.rows(view) for view in (profiles.USERS, profiles.ITEMS)}
    folder = steps.folder(changed.isoformat())
    delivered = bucket.Folder("delivered", changed).put(
        "slice.csv", steps.to_csv(scrambled.drop_duplicates(["userId", "movieId"]))
    )
    steps.ingest(folder, delivered)
    steps.data_contract(folder)
    steps.features(folder, store)
    for view, old in before.items():
        new = store.rows(view)
        until = profiles.moment(changed)
        for rows_ in (old, new):
            assert (rows_["event_timestamp"] <= until).all()
        same = [frame[frame["event_timestamp"] < until].reset_index(drop=True) for frame in (old, new)]
        pd.testing.assert_frame_equal(*same)
        assert (
            not old[old["event_timestamp"] == until]
            .reset_index(drop=True)
            .equals(new[new["event_timestamp"] == until].reset_index(drop=True))
        )


def test_what_is_online_is_what_training_would_see_now(store: StoreDouble) -> None:
    # In an order that time doesn't have: what is newer stays.
    for day in (DAY, DAY - timedelta(days=1)):
        run(day, store)
    now = pd.DataFrame({"user": sorted(store.online[profiles.USERS])}).assign(event_timestamp=datetime.now(UTC))
    joined = store.training(now, [profiles.HISTORY])
    for row in joined.itertuples():
        assert np.array_equal(row.history, store.online[profiles.USERS][row.user]["history"])
    whole = arrived(DAY)
    assert {user: len(row["history"]) for user, row in store.online[profiles.USERS].items()} == whole.groupby(
        "user"
    ).size().to_dict()
    shares = pd.Series({item: row["popularity"] for item, row in store.online[profiles.ITEMS].items()})
    assert shares.max() <= 1 and len(shares) == whole["item"].nunique()


def test_a_model_is_asked_by_user_with_the_history_that_is_online(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def answer(method: str, path: str, body: str) -> tuple[int, str]:
        asked.append((method, path, json.loads(body)))
        names = ["user", "history"]
        users = asked[-1][2]["entities"]["user"]
        values = [users, [[1] if user == 5 else None for user in users]]
        return 200, json.dumps({"metadata": {"feature_names": names}, "results": [{"values": one} for one in values]})

    model = Served(Ease.fit([np.array([1, 2])] * 5 + [np.array([3, 4])] * 4, 1, Recency(5, 0)))
    with serving(answer) as (address, seen):
        monkeypatch.setenv("FEATURES_URL", address)
        monkeypatch.setenv("FEATURES_KEY", "k" * 43)
        frame = pd.DataFrame({"history": [[3], None, None, None], "user": [None, 5, 6, None]})
        ranked = model.predict(frame, {"k": 1})
        assert {request.headers["authorization"] for request in seen} == {"Bearer " + "k" * 43}
    assert [path for _, path, _ in asked] == ["/get-online-features"]
    assert asked[0][2] == {"feature_service": "recommendation", "entities": {"user": [5, 6]}}
    assert ranked["items"].map(lambda items: items[0]).tolist() == [4, 2, 1, 1]


@pytest.mark.parametrize(("status", "text"), [(403, "says 403"), (500, "says 500")])
def test_a_store_that_refuses_is_named(monkeypatch: pytest.MonkeyPatch, status: int, text: str) -> None:
    with serving(lambda *_: (status, "{}")) as (address, _):
        monkeypatch.setenv("FEATURES_URL", address)
        monkeypatch.setenv("FEATURES_KEY", "k")
        with pytest.raises(online.OnlineError, match=text):
            online.histories([1])


def test_without_a_store_a_model_that_is_asked_by_user_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FEATURES_URL", raising=False)
    with pytest.raises(online.OnlineError, match="send history"):
        online.histories([1])
