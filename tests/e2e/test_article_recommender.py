"""The article recommender: tuned by a sweep of the team, better than each of its parts, registered, served."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

import pytest

from examples.article_recommender import tracking
from local import paths
from tests.e2e.conftest import Teams
from tests.support.cluster import Cluster
from tests.support.commands import mlp
from tests.support.mlflow import pairs
from tests.support.model_services import ModelService, may_not_pack, may_pack
from tests.support.teams import open_team

SWEEP = paths.checkout() / "examples" / "article_recommender" / "sweep.yaml"
SECONDS = 900
ASKED = "the discrete Fourier transform of real input"
LIKE = "keywords"
"""The team's own service, whose spec this one begins with."""


pytestmark = pytest.mark.soak


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


@pytest.fixture
def service(teams: Teams, cluster: Cluster, ingress: str) -> Iterator[ModelService]:
    """Serves the newest version of it."""
    team = open_team(cluster, teams.search, ingress)
    short = team.name.removeprefix("team-")
    version = team.mlflow.versions(tracking.NAME)[0]["version"]
    made = ModelService(cluster, short, "e2e-articles", ingress)
    made.remove()
    like = ModelService(cluster, short, LIKE, ingress).get()["spec"]
    bounds = {"cpu": "100m", "memory": "768Mi"}
    made.make(like, f"models:/{tracking.NAME}/{version}", resources=bounds, replicas={"min": 1, "max": 1})
    may_pack(cluster, team.name)
    yield made
    may_not_pack(cluster, team.name)
    made.remove()


@pytest.mark.timeout(300)
def test_as_an_api_it_answers_with_similar_articles(service: ModelService, say: Callable[[str], None]) -> None:
    ran = service.mlp("package").must_succeed()
    first = service.predict({"text": ASKED}, k=5)
    (found,) = first["outputs"]
    assert first["model"] == tracking.NAME
    assert len(found["articles"]) == 5
    assert sorted(found["scores"], reverse=True) == found["scores"]
    # Two packages have it, each with its relatives: whoever knows the subject would name both.
    assert {"numpy.fft.rfft", "scipy.fft.rfft"} <= set(found["articles"])
    took = []
    for _ in range(20):
        start = time.monotonic()
        assert service.predict({"text": ASKED}, k=5)["outputs"] == [found]
        took.append(time.monotonic() - start)
    say(
        f"article recommender as an API: packed and rolled out in {ran.seconds:.0f} s, an answer takes "
        f"{statistics.median(took) * 1000:.0f} ms: {', '.join(found['articles'][:3])}"
    )
