"""The article recommender: tuned by a sweep of the team, better than each of its parts, registered."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from examples.article_recommender import tracking
from local import paths
from tests.e2e.conftest import Teams
from tests.support.cluster import Cluster
from tests.support.commands import mlp
from tests.support.mlflow import pairs
from tests.support.teams import open_team

SWEEP = paths.checkout() / "examples" / "article_recommender" / "sweep.yaml"
SECONDS = 900


@pytest.mark.soak
@pytest.mark.timeout(SECONDS + 60)
def test_it_is_tuned_and_registered(teams: Teams, cluster: Cluster, ingress: str, say: Callable[[str], None]) -> None:
    team = open_team(cluster, teams.search, ingress)
    short = team.name.removeprefix("team-")
    ran = mlp("sweep", "run", str(SWEEP), "--team", short, seconds=SECONDS).must_succeed()
    version = team.mlflow.versions(tracking.NAME)[0]
    (run,) = [
        one
        for one in team.mlflow.runs(team.mlflow.experiment(tracking.NAME))
        if one["info"]["run_id"] == version["run_id"]
    ]
    found = pairs(run["data"]["metrics"])
    for part in ("sentences", "words"):
        assert found[f"gain_over_{part}_low"] > 0
        say(
            f"article recommender: NDCG@10 {found['ndcg']:.3f} ({found['ndcg_low']:.3f} to {found['ndcg_high']:.3f}), "
            f"{part} alone {found[f'ndcg_{part}']:.3f}"
        )
    assert found["ndcg"] > 0.6
    say(f"article recommender: sweep, evaluation and registration {ran.seconds:.0f} s")
