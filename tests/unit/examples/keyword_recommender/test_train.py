from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from examples.keyword_recommender import data, train
from examples.keyword_recommender.evaluate import Interval
from examples.keyword_recommender.features import Recency
from examples.keyword_recommender.model import Ease
from examples.keyword_recommender.tracking import Facts, Recorded
from examples.keyword_recommender.tune import Choice, Grid

SMALL = train.Settings(minimal_test_users=10, grid=Grid((100,), (5,), (0.05,)))


def test_no_test_item_reaches_what_fits_or_tunes(few: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replacing the whole future changes neither the choice nor the model, only the scores."""
    past, future = data.hold_out(few, 0.2)
    moved = pd.concat([past, future.assign(item=future["item"].sample(frac=1, random_state=1).to_numpy() + 10**7)])
    moved = moved.sort_index()
    first, second = train.train(few, SMALL), train.train(moved, SMALL)
    assert first.choice == second.choice
    assert np.array_equal(first.model.items, second.model.items)
    assert np.array_equal(first.model.solved, second.model.solved)
    assert first.model.used.sum() == len(past)
    assert second.scores.metrics["ndcg"].mean == 0 < first.scores.metrics["ndcg"].mean


def test_a_run_repeats_itself(few: pd.DataFrame) -> None:
    assert train.train(few, SMALL).scores.metrics == train.train(few, SMALL).scores.metrics


def test_the_difference_is_paired(few: pd.DataFrame) -> None:
    metrics = train.train(few, SMALL).scores.metrics
    assert metrics["ndcg_difference"].mean == pytest.approx(metrics["ndcg"].mean - metrics["ndcg_popularity"].mean)
    assert metrics["hr_difference"].mean == pytest.approx(metrics["hr"].mean - metrics["hr_popularity"].mean)


def test_too_few_test_users_stop_the_run(few: pd.DataFrame) -> None:
    with pytest.raises(train.TrainingError, match=f"{few['user'].nunique()} test users are too few, at least 300"):
        train.train(few, replace(SMALL, minimal_test_users=300))


def test_on_all_users_it_beats_popularity(ratings: pd.DataFrame) -> None:
    """The issue's measure, on the real data, with the hyperparameters that tuning chooses (tuning itself is slow)."""
    outcome = train.train(ratings, train.Settings(grid=Grid((400,), (5,), (0.05,))))
    assert outcome.scores.test_users == 671
    assert outcome.scores.better
    assert outcome.scores.metrics["ndcg_difference"].low > 0.05


def outcome_with(low: float) -> train.Outcome:
    model = Ease.fit([np.array([1, 2])], 1, Recency(1, 0))
    names = ("ndcg", "ndcg_popularity", "ndcg_difference", "hr", "hr_popularity", "hr_difference")
    scores = train.Scores(400, {name: Interval(0.1, low, 0.2) for name in names})
    return train.Outcome(model, Choice(1, Recency(1, 0), 0.1), scores)


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[Ease | None]:
    """What would have been registered; MLflow itself is tried by the end-to-end test."""
    models: list[Ease | None] = []

    def record(model: Ease | None, facts: Facts, example: Sequence[Sequence[int]]) -> Recorded:
        models.append(model)
        return Recorded("run-1", "1" if model else None, facts.data_hash, "code")

    monkeypatch.setattr(train, "record", record)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow:5000")
    return models


def test_a_better_model_ends_with_0_and_a_readable_result(
    recorded: list[Ease | None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(train, "train", lambda ratings, settings: outcome_with(low=0.01))
    assert train.main() == 0
    assert recorded[0] is not None
    printed = capsys.readouterr().out
    assert "popularity           0.100 ( 0.010 to  0.200)" in printed
    (line,) = (line for line in printed.splitlines() if line.startswith("result: "))
    result = json.loads(line.removeprefix("result: "))
    assert result["ndcg_difference"] == {"mean": 0.1, "low": 0.01, "high": 0.2}
    assert (result["model_version"], result["better"]) == ("1", True)


@pytest.mark.parametrize("low", [0.0, -0.01])
def test_one_that_is_not_better_ends_with_1_and_is_not_registered(
    low: float, recorded: list[Ease | None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(train, "train", lambda ratings, settings: outcome_with(low))
    assert train.main() == 1
    assert recorded == [None]
    assert "not better than popularity" in capsys.readouterr().err


def test_data_that_breaks_the_contract_ends_with_1_before_training(
    recorded: list[Ease | None],
    raw: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(data, "load", lambda: raw.assign(rating=raw["rating"].where(raw.index != 7, 6.0)))
    assert train.main() == 1
    assert recorded == []
    assert "rating must be at most 5: 1 rows (7)" in capsys.readouterr().err
