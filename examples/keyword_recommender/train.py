"""One training run from data to registered model, each step in its own module."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import pandas as pd

from . import contract, data
from .baseline import Popularity
from .evaluate import Interval, bootstrap, by_user
from .features import histories
from .model import Ease
from .tracking import Facts, Recorded, TrackingError, record, server
from .tune import Choice, Grid, tune


class TrainingError(Exception):
    """The run can't or must not give a model; the text says why."""


@dataclass(frozen=True)
class Settings:
    """What a run depends on besides data and code."""

    k: int = 10
    """Length of the ranked lists that are scored."""
    test_fraction: float = 0.2
    """Last part of each user's ratings that only the final scores see."""
    validation_fraction: float = 0.2
    """Last part of what remains, on which hyperparameters are chosen."""
    minimal_test_users: int = 300
    """Fewer would make the intervals too wide to tell recommenders apart."""
    seed: int = 20_261_122
    """Of the bootstrap; nothing else here is random."""
    grid: Grid = field(default_factory=Grid)


@dataclass(frozen=True)
class Scores:
    """How a model did on the test split, against popularity."""

    test_users: int
    metrics: dict[str, Interval]

    @property
    def better(self) -> bool:
        """Whether the model's NDCG is above popularity's with 95% confidence."""
        return self.metrics["ndcg_difference"].low > 0

    @property
    def refusal(self) -> str:
        """Why a model that isn't better must not be registered."""
        low = self.metrics["ndcg_difference"].low
        interval = f"the 95% interval of the NDCG difference starts at {low:.4f}, it must be above 0"
        return f"not better than popularity: {interval}"


@dataclass(frozen=True)
class Outcome:
    """The fitted model, how it was chosen, and how it did."""

    model: Ease
    choice: Choice
    scores: Scores


def train(ratings: pd.DataFrame, settings: Settings) -> Outcome:
    """Tune on the past, fit on all of it, score once on the future.

    Raises:
        TrainingError: Too few users have a future to score.
    """
    before, after = split(ratings, settings)
    model, choice = fit(before, settings)
    return Outcome(model, choice, score(model, before, after, settings))


def split(ratings: pd.DataFrame, settings: Settings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The ratings to learn from and those that only the final scores see.

    Raises:
        TrainingError: Too few users have a future to score.
    """
    before, after = data.hold_out(ratings, settings.test_fraction)
    if (users := after["user"].nunique()) < settings.minimal_test_users:
        raise TrainingError(f"{users} test users are too few, at least {settings.minimal_test_users} are needed")
    return before, after


def fit(before: pd.DataFrame, settings: Settings) -> tuple[Ease, Choice]:
    """Choose the hyperparameters on the last part of the past, then fit on all of it."""
    choice = tune(before, settings.grid, settings.validation_fraction, settings.k)
    return Ease.fit(list(histories(before).values()), choice.l2, choice.recency), choice


def score(model: Ease, before: pd.DataFrame, after: pd.DataFrame, settings: Settings) -> Scores:
    """Score model and popularity on the same users' future, each figure with its bootstrap interval."""
    past, future = histories(before), histories(after)
    ours = by_user(model, past, future, settings.k)
    base = by_user(Popularity.fit(list(past.values())), past, future, settings.k)
    values = {
        "ndcg": ours.ndcg,
        "ndcg_popularity": base.ndcg,
        "ndcg_difference": ours.ndcg - base.ndcg,
        "hr": ours.hit,
        "hr_popularity": base.hit,
        "hr_difference": ours.hit - base.hit,
    }
    metrics = {name: bootstrap(of_users, settings.seed) for name, of_users in values.items()}
    return Scores(len(ours.ndcg), metrics)


def facts(
    digest: str, choice: Choice, scores: Scores, settings: Settings, origin: Mapping[str, str] | None = None
) -> Facts:
    """What is recorded of a run on the data of that hash."""
    parameters = {
        "model": "EASE",
        "l2": choice.l2,
        **asdict(choice.recency),
        "k": settings.k,
        "test_fraction": settings.test_fraction,
        "validation_fraction": settings.validation_fraction,
        "seed": settings.seed,
    }
    figures = {f"{name}_at_{settings.k}": value for name, value in scores.metrics.items()}
    return Facts(data.SOURCE, digest, parameters, figures, choice.ndcg, scores.test_users, origin or {})


def table(scores: Scores, k: int) -> str:
    """The result for people: a row a recommender, mean and 95% interval."""
    lines = [f"{scores.test_users} test users      NDCG@{k} (95% interval)    HR@{k} (95% interval)"]
    for title, suffix in (("model (EASE)", ""), ("popularity", "_popularity"), ("difference", "_difference")):
        cells = (scores.metrics[name + suffix] for name in ("ndcg", "hr"))
        lines.append(f"{title:<18}" + "".join(f"  {c.mean:6.3f} ({c.low:6.3f} to {c.high:6.3f})" for c in cells))
    return "\n".join(lines)


def _run(settings: Settings) -> tuple[Outcome, Recorded]:
    server()  # a missing address is said now, not after the training
    started = time.monotonic()
    raw = data.load()
    contract.RATINGS.enforce(raw)
    ratings = data.ordered(raw)
    outcome = train(ratings, settings)
    print(f"{len(ratings)} ratings; trained in {time.monotonic() - started:.0f} s", flush=True)
    print(table(outcome.scores, settings.k), flush=True)
    example = ratings.groupby("user")["item"].apply(list).head(2).tolist()
    told = facts(data.data_hash(ratings), outcome.choice, outcome.scores, settings)
    return outcome, record(outcome.model if outcome.scores.better else None, told, example)


def main() -> int:
    """Run; print the table, where it is recorded and a line `result: {...}`; 1 where there is no better model."""
    try:
        outcome, recorded = _run(Settings())
    except (contract.ContractError, TrainingError, TrackingError) as error:
        print(f"keyword_recommender: {error}", file=sys.stderr)
        return 1
    scores = outcome.scores
    result = {
        **{name: asdict(value) for name, value in scores.metrics.items()},
        "test_users": scores.test_users,
        "better": scores.better,
        **asdict(recorded),
        "image": os.environ.get("MLP_IMAGE", ""),
    }
    print(f"result: {json.dumps(result, sort_keys=True)}")
    if not scores.better:
        print(
            f"keyword_recommender: {scores.refusal}; run {recorded.run_id} is marked failed, no model was registered",
            file=sys.stderr,
        )
        return 1
    return 0
