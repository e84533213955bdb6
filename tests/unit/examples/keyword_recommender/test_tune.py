from __future__ import annotations

import pandas as pd
import pytest

from examples.keyword_recommender import tune as module
from examples.keyword_recommender.evaluate import by_user
from examples.keyword_recommender.features import Recency, histories
from examples.keyword_recommender.model import Ease
from examples.keyword_recommender.tune import Grid, tune


def test_the_best_of_the_grid_is_taken(few: pd.DataFrame) -> None:
    each = [tune(few, Grid((l2,), (half,), (0.05,)), 0.2, 10) for l2 in (10, 200) for half in (3, 1000)]
    best = tune(few, Grid((10, 200), (3, 1000), (0.05,)), 0.2, 10)
    assert len({choice.ndcg for choice in each}) > 1
    assert best == max(each, key=lambda choice: choice.ndcg)


def test_the_score_is_that_of_a_model_fitted_on_the_earlier_part_alone(few: pd.DataFrame) -> None:
    choice = tune(few, Grid((100,), (5,), (0,)), 0.2, 10)
    earlier, later = (histories(part) for part in module.hold_out(few, 0.2))
    scores = by_user(Ease.fit(list(earlier.values()), 100, Recency(5, 0)), earlier, later, 10)
    assert choice.ndcg == pytest.approx(scores.ndcg.mean())
