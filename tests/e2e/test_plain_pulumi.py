"""Plain `pulumi` after `eval "$(mlp env local)"`, as a person types it: the same state and program, offline."""

from __future__ import annotations

import os
import time
import urllib.error
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest

from local import paths
from mlp import teams
from tests.e2e.conftest import Platform
from tests.support.cluster import Cluster
from tests.support.commands import Ran, mlp, run
from tests.support.mlflow import Mlflow

PLATFORM = "local-platform"
TEAM = "local-team-search"
STACKS = ("local-foundation", PLATFORM, TEAM)


def shell(command: str, seconds: float) -> Ran:
    """Run a command in a shell of a person: `eval "$(.venv/bin/mlp env local)"` first, then what they type."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "KUBECONFIG"))}
    entered = f'set -e; eval "$(.venv/bin/mlp env local)"; {command}'
    return run(["bash", "-c", entered], seconds, environment=clean, folder=paths.checkout())


def on_each(stacks: Iterable[str], *commands: str, seconds: float = 150) -> None:
    """Commands one after the other, on all these stacks side by side; `{}` is the stack."""

    def on(stack: str) -> None:
        for command in commands:
            shell(command.format(stack), seconds).must_succeed()

    # Each has a lock, a state and a process of its own.
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(on, stack) for stack in stacks]:
            done.result()


PREVIEW = "pulumi preview --diff --expect-no-changes --non-interactive -s {}"


@pytest.mark.timeout(180)
def test_preview_sees_no_change(platform: Platform) -> None:
    on_each(STACKS, PREVIEW)


@pytest.mark.timeout(180)
def test_up_changes_nothing(platform: Platform) -> None:
    on_each(STACKS, "pulumi up --skip-preview --yes --expect-no-changes -s {}")


@pytest.mark.timeout(180)
def test_refresh_finds_what_was_applied(platform: Platform) -> None:
    # And the program still agrees with what was read back.
    on_each(STACKS, "pulumi refresh --yes --skip-preview --expect-no-changes -s {}", PREVIEW)


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
