"""One training run from data to registered model, each step in its own module."""

from __future__ import annotations

import json
import os
import sys
import time
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
class Outcome:
    """The fitted model, how it was chosen, and how it did on the test split."""

    model: Ease
    choice: Choice
    test_users: int
    metrics: dict[str, Interval]

    @property
    def better(self) -> bool:
        """Whether the model's NDCG is above popularity's with 95% confidence."""
        return self.metrics["ndcg_difference"].low > 0


def train(ratings: pd.DataFrame, settings: Settings) -> Outcome:
    """Tune on the past, fit on all of it, score once on the future.

    Raises:
        TrainingError: Too few users have a future to score.
    """
    before, after = data.hold_out(ratings, settings.test_fraction)
    past, future = histories(before), histories(after)
    if len(future) < settings.minimal_test_users:
        raise TrainingError(f"{len(future)} test users are too few, at least {settings.minimal_test_users} are needed")
    choice = tune(before, settings.grid, settings.validation_fraction, settings.k)
    model = Ease.fit(list(past.values()), choice.l2, choice.recency)
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
    return Outcome(model, choice, len(ours.ndcg), metrics)


def table(outcome: Outcome, k: int) -> str:
    """The result for people: a row a recommender, mean and 95% interval."""
    lines = [f"{outcome.test_users} test users      NDCG@{k} (95% interval)    HR@{k} (95% interval)"]
    for title, suffix in (("model (EASE)", ""), ("popularity", "_popularity"), ("difference", "_difference")):
        cells = (outcome.metrics[name + suffix] for name in ("ndcg", "hr"))
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
    print(table(outcome, settings.k), flush=True)
    parameters = {
        "model": "EASE",
        "l2": outcome.choice.l2,
        **asdict(outcome.choice.recency),
        "k": settings.k,
        "test_fraction": settings.test_fraction,
        "validation_fraction": settings.validation_fraction,
        "seed": settings.seed,
    }
    figures = {f"{name}_at_{settings.k}": value for name, value in outcome.metrics.items()}
    facts = Facts(data.SOURCE, data.data_hash(ratings), parameters, figures, outcome.choice.ndcg, outcome.test_users)
    example = ratings.groupby("user")["item"].apply(list).head(2).tolist()
    recorded = record(outcome.model if outcome.better else None, facts, example)
    return outcome, recorded


def main() -> int:
    """Run; print the table, where it is recorded and a line `result: {...}`; 1 where there is no better model."""
    try:
        outcome, recorded = _run(Settings())
    except (contract.ContractError, TrainingError, TrackingError) as error:
        print(f"keyword_recommender: {error}", file=sys.stderr)
        return 1
    result = {
        **{name: asdict(value) for name, value in outcome.metrics.items()},
        "test_users": outcome.test_users,
        "better": outcome.better,
        **asdict(recorded),
        "image": os.environ.get("MLP_IMAGE", ""),
    }
    print(f"result: {json.dumps(result, sort_keys=True)}")
    if not outcome.better:
        low = outcome.metrics["ndcg_difference"].low
        print(
            f"keyword_recommender: not better than popularity: the 95% interval of the NDCG difference starts at "
            f"{low:.4f}, it must be above 0; run {recorded.run_id} is marked failed, no model was registered",
            file=sys.stderr,
        )
        return 1
    return 0
