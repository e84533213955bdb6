"""The steps of a day's run as plain functions. Each reads what those before it wrote into the day's folder and replaces
its own file there, so that any of them, or the whole day, can run again.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from . import bucket, contract, data, days, profiles, tracking, train
from .bucket import Folder
from .evaluate import Interval
from .features import Recency, histories
from .model import Ease
from .profiles import Store
from .tune import Choice, Grid

PROJECT = "keyword_recommender"
INCOMING, ACCEPTED = "incoming.csv", "ratings.csv"
FEATURES, MODEL, CHOICE = "features.npz", "model.npz", "choice.json"
EVALUATION, LOGGED = "evaluation.json", "logged.json"

DEFINITIONS = Path(__file__).with_name("definitions.py")
"""Of the features."""

SLICE = replace(contract.RATINGS, minimal_rows=1_000)
"""What a day's slice must look like; a whole one has more than 3,000 rows."""
SETTINGS = train.Settings(grid=Grid(l2=(200, 400), half_life=(3, 5), floor=(0.05,)))
"""Four points of the grid: as good as all 36 (NDCG@10 0.164 on the last day by both), in a third of the time."""
_EXAMPLES = 2
_COLUMNS = ("user", "item")


def folder(day: str) -> Folder:
    """Of a day as Airflow writes it, for example 2026-01-31."""
    return Folder(PROJECT, date.fromisoformat(day))


def ingest(folder: Folder, source: str | None = None) -> str:
    """Bring the day's slice in: the published one, or the file at the key `source` of the team's bucket."""
    body = to_csv(days.arriving(folder.day)) if source is None else bucket.read(source)
    print(f"ingest: {len(body)} bytes from {source or data.SOURCE}, slice {days.number(folder.day)} of {days.SLICES}")
    return folder.put(INCOMING, body)


def data_contract(folder: Folder) -> str:
    """Accept the slice that came in; from here on it counts for this day and later ones.

    Raises:
        contract.ContractError: It breaks its contract; rules are named, and rows by their lines in the file.
    """
    body = folder.get(INCOMING)
    # Nullable kinds: an empty cell mustn't turn its column into one of another kind.
    rows = pd.read_csv(io.BytesIO(body), dtype_backend="numpy_nullable")
    SLICE.enforce(rows.set_axis(rows.index + 2), folder.key(INCOMING))
    print(f"data contract: {len(rows)} rows keep it")
    return folder.put(ACCEPTED, body)


def features(folder: Folder, store: Store | None = None) -> str:
    """Put the slices that have arrived by the day in each user's order; hold out what only the scores may see.

    A day that was never run contributes its published slice: days can be run in any order and side by side. With a
    feature store the day's statistics go there first, and what is learned from is what it knew at the day.

    Raises:
        train.TrainingError: Too few users have a future to score.
    """
    slices = [_slice(replace(folder, day=day)) for day in days.until(folder.day)]
    ratings = data.ordered(pd.concat(slices))
    known = ratings if store is None else _remembered(folder, store, ratings)
    before, after = train.split(known, SETTINGS)
    print(f"features: {len(ratings)} ratings of {len(slices)} days, {len(after)} of them held out")
    arrays = {f"before_{column}": before[column].to_numpy() for column in _COLUMNS}
    arrays |= {f"after_{column}": after[column].to_numpy() for column in _COLUMNS}
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays, data_hash=np.array(data.data_hash(ratings)))
    return folder.put(FEATURES, packed.getvalue())


def _remembered(folder: Folder, store: Store, ratings: pd.DataFrame) -> pd.DataFrame:
    """Users and items in order, as the feature store has them for the day."""
    for view, rows in (
        (profiles.USERS, profiles.users(ratings, folder.day)),
        (profiles.ITEMS, profiles.items(ratings, folder.day)),
    ):
        bucket.write(profiles.key(view, folder.day), profiles.parquet(rows))
    print(f"feature store: {profiles.text(store.apply(str(DEFINITIONS)))}")
    joined = store.training(profiles.asked(ratings["user"], folder.day), [profiles.HISTORY])
    return profiles.used(joined)


def publish(folder: Folder, store: Store) -> None:
    """Put the newest statistics online. An older day puts nothing in place of what is newer."""
    since = profiles.moment(folder.day)
    until = max(datetime.now(UTC), since + timedelta(seconds=1))
    print(f"online: {profiles.text(store.materialize([profiles.USERS, profiles.ITEMS], since=since, until=until))}")


def fit(folder: Folder) -> str:
    """Tune, and fit the day's model."""
    before, _, _ = _features(folder)
    model, choice = train.fit(before, SETTINGS)
    print(f"train: {choice}")
    folder.put(CHOICE, _json(asdict(choice)))
    packed = io.BytesIO()
    model.save(packed)
    return folder.put(MODEL, packed.getvalue())


def evaluate(folder: Folder) -> str:
    """Score the day's model and popularity on what was held out."""
    before, after, _ = _features(folder)
    scores = train.score(_model(folder), before, after, SETTINGS)
    print(train.table(scores, SETTINGS.k))
    return folder.put(EVALUATION, _json(asdict(scores)))


def log(folder: Folder, pipeline_run: str) -> str:
    """Log the day's run in MLflow, once however often it is asked; its id. A model that isn't better isn't logged."""
    before, _, _ = _features(folder)
    scores = _scores(folder)
    example = [history.tolist() for history in list(histories(before).values())[:_EXAMPLES]]
    logged = tracking.log(_model(folder) if scores.better else None, _facts(folder, pipeline_run), example)
    folder.put(LOGGED, _json(asdict(logged)))
    print(f"log: MLflow run {logged.run_id}")
    return logged.run_id


def register(folder: Folder, pipeline_run: str) -> str:
    """Register the day's model, once however often it is asked; its version.

    Raises:
        train.TrainingError: It isn't better than popularity.
    """
    scores = _scores(folder)
    logged = tracking.Logged(**json.loads(folder.get(LOGGED)))
    if not scores.better:
        raise train.TrainingError(f"{scores.refusal}; run {logged.run_id} is marked failed, no model was registered")
    number = tracking.register(logged, _facts(folder, pipeline_run))
    print(f"register: version {number} of {tracking.NAME}")
    return number


def promote(number: str) -> str:
    """Make a version the champion unless the one that is scored better; the champion's version."""
    champion = tracking.promote(number)
    print(f"promote: version {champion} of {tracking.NAME} is {tracking.CHAMPION}")
    return champion


def to_csv(rows: pd.DataFrame) -> bytes:
    """Rows as they are delivered."""
    text: str = rows.to_csv(index=False)
    return text.encode()


def _slice(folder: Folder) -> pd.DataFrame:
    accepted = folder.find(ACCEPTED)
    return days.arriving(folder.day) if accepted is None else pd.read_csv(io.BytesIO(accepted))


def _features(folder: Folder) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """Users and items before and after the split, and the hash of the data they are from."""
    with np.load(io.BytesIO(folder.get(FEATURES)), allow_pickle=False) as arrays:
        before, after = (
            pd.DataFrame({column: arrays[f"{part}_{column}"] for column in _COLUMNS}) for part in ("before", "after")
        )
        return before, after, str(arrays["data_hash"])


def _model(folder: Folder) -> Ease:
    return Ease.load(io.BytesIO(folder.get(MODEL)))


def _scores(folder: Folder) -> train.Scores:
    found = json.loads(folder.get(EVALUATION))
    metrics = {name: Interval(**interval) for name, interval in found["metrics"].items()}
    return train.Scores(found["test_users"], metrics)


def _facts(folder: Folder, pipeline_run: str) -> tracking.Facts:
    found = json.loads(folder.get(CHOICE))
    choice = Choice(found["l2"], Recency(**found["recency"]), found["ndcg"])
    # The hash alone: the data beside it isn't unpacked once more.
    with np.load(io.BytesIO(folder.get(FEATURES)), allow_pickle=False) as arrays:
        digest = str(arrays["data_hash"])
    origin = {"day": folder.day.isoformat(), "pipeline_run": pipeline_run}
    return train.facts(digest, choice, _scores(folder), SETTINGS, origin)


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, indent=1).encode()
