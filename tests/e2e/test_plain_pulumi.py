"""Plain `pulumi` after `eval "$(mlp env local)"`, as a person types it: the same state and program, offline."""

from __future__ import annotations

import time
import urllib.error
from collections.abc import Callable

import pytest

from mlp import teams
from tests.e2e.conftest import Platform
from tests.support.beside import Beside
from tests.support.cluster import Cluster
from tests.support.commands import mlp
from tests.support.mlflow import Mlflow
from tests.support.plain_pulumi import NOTHING_CHANGES, PLATFORM, PREVIEW, TEAM, on_each, shell


@pytest.mark.timeout(180)
@pytest.mark.parametrize("command", NOTHING_CHANGES)
def test_it_finds_nothing_to_do(command: str, beside: Beside, platform: Platform) -> None:
    beside.result(f"plain pulumi {command}", NOTHING_CHANGES[command])


@pytest.mark.timeout(240)
def test_a_change_on_the_cluster_is_seen_and_put_right(cluster: Cluster, platform: Platform) -> None:
    cluster.kubectl("scale", "-n", "mlp-platform", "deployment/mlflow", "--replicas=0")
    try:
        seen = shell(f"pulumi refresh --preview-only --expect-no-changes --non-interactive -s {PLATFORM}", 90)
        assert seen.code != 0
        assert "replicas" in seen.output or "mlflow" in seen.output
    finally:
        cluster.kubectl("scale", "-n", "mlp-platform", "deployment/mlflow", "--replicas=1")
        cluster.kubectl("rollout", "status", "-n", "mlp-platform", "deployment/mlflow", "--timeout=120s", seconds=130)


@pytest.mark.timeout(900)
def test_destroy_and_up_by_plain_pulumi_then_mlp_agrees(
    cluster: Cluster, mlflow: Mlflow, platform: Platform, say: Callable[[str], None]
) -> None:
    runs = mlflow.runs(mlflow.experiment("keyword-recommender"))
    # What stands on the platform goes first: its controller ends their access.
    standing, begun = teams.standing(), time.monotonic()
    on_each(map(teams.stack_of, standing), "pulumi destroy --yes --skip-preview -s {}", seconds=180)
    ended = time.monotonic() - begun
    gone = shell(f"pulumi destroy --yes --skip-preview -s {PLATFORM}", 240).must_succeed()
    assert not cluster.items("pods", "-n", "mlp-platform")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        mlflow.call("experiments/search?max_results=1")
    up = shell(f"pulumi up --yes --skip-preview -s {PLATFORM}", 300).must_succeed()
    # Database and bucket belong to the foundation: what was recorded is still there.
    assert mlflow.runs(mlflow.experiment("keyword-recommender")) == runs
    agreed = mlp("up", "--yes", seconds=300).must_succeed()
    on_each((PLATFORM, TEAM), PREVIEW)
    say(
        f"plain pulumi: {len(standing)} teams destroyed in {ended:.0f} s, the platform in {gone.seconds:.0f} s, "
        f"and up again in {up.seconds:.0f} s; `mlp up`, which brings a team back: {agreed.seconds:.0f} s"
    )
