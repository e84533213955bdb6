"""A machine that has lost all but a backup has the platform again: every tool as it was, nothing made anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local import paths
from mlp.airflow import Airflow
from tests.e2e.conftest import Teams
from tests.support import traces
from tests.support.cluster import Cluster
from tests.support.commands import Ran, mlp
from tests.support.teams import Team, open_team
from tests.support.traces import Traces

STACKS = ("local-foundation", "local-platform", "search")


@dataclass(frozen=True)
class Restored:
    """What there was, and how it came back."""

    team: Team
    """As it was: its keys too."""
    left: Traces
    head: str
    """Newest commit of its repository."""
    runs: list[str]
    """Of its DAGs."""
    namespaces: dict[str, str]
    """Ids by name."""
    up: Ran
    """The `mlp up` after it."""


def runs_of(airflow: Airflow) -> list[str]:
    found: dict[str, Any] = airflow.get("/dags/~/dagRuns?limit=1000")
    return sorted(f"{run['dag_id']}/{run['dag_run_id']}/{run['state']}" for run in found["dag_runs"])


def ids_of_namespaces(cluster: Cluster) -> dict[str, str]:
    """But for those that tests before have made, which may be on their way out."""
    found = {item["metadata"]["name"]: item["metadata"]["uid"] for item in cluster.items("namespaces")}
    return {name: uid for name, uid in found.items() if not name.startswith("e2e-")}


@pytest.fixture(scope="module")
def restored(
    teams: Teams, cluster: Cluster, ingress: str, tmp_path_factory: pytest.TempPathFactory, say: Callable[[str], None]
) -> Iterator[Restored]:
    """Back up, lose everything but images that containerd has, restore, up."""
    team = open_team(cluster, teams.search, ingress)
    left, head, runs = traces.leave(team), team.repositories.head(team.name), runs_of(team.pipelines.airflow)
    namespaces = ids_of_namespaces(cluster)
    file = tmp_path_factory.mktemp("backup") / "kept.tar"
    mlp("down", "--yes", seconds=300).must_succeed()
    backed = mlp("backup", str(file), "--yes", seconds=300).must_succeed()
    lost = lose()
    back = mlp("restore", str(file), "--yes", seconds=300).must_succeed()
    up = mlp("up", "--yes", seconds=600).must_succeed()
    size = file.stat().st_size / 2**30
    say(
        f"backup of {size:.1f} GiB: {backed.seconds:.0f} s; restore: {back.seconds:.0f} s, up again: {up.seconds:.0f} s"
    )
    file.unlink()
    yield Restored(team, left, head, runs, namespaces, up)
    # Kept until here: if it isn't back, this is all that whoever runs the tests has.
    shutil.rmtree(lost)


def lose() -> Path:
    """Move all data of the platform away, beside its folder."""
    home = paths.home()
    lost = home.with_name(f"{home.name}.before-test-restore")
    (lost / "node").mkdir(parents=True)
    for path in [path for path in home.iterdir() if path.name != "node"]:
        path.rename(lost / path.name)
    for path in [path for path in (home / "node").iterdir() if path.name != "containerd"]:
        path.rename(lost / "node" / path.name)
    return lost


@pytest.mark.timeout(900)
def test_the_stacks_find_all_of_it(restored: Restored) -> None:
    said = restored.up.output
    assert said.count("nothing to change (") >= len(STACKS), said


@pytest.mark.timeout(60)
def test_the_cluster_is_the_same(restored: Restored, cluster: Cluster) -> None:
    assert ids_of_namespaces(cluster) == restored.namespaces


@pytest.mark.timeout(120)
def test_a_team_opens_everything_with_the_keys_that_it_had(restored: Restored, cluster: Cluster, ingress: str) -> None:
    team, left = restored.team, restored.left
    assert open_team(cluster, team.name, ingress).keys == team.keys
    assert team.role.run(f"SELECT id FROM {traces.NAME}.rows") == ["1"]
    with team.account.client() as s3:
        assert s3.get_object(Bucket=team.name, Key=left.key)["Body"].read() == traces.TEXT
    assert team.mlflow.experiment(traces.NAME) == left.experiment
    assert traces.artifact(team, left) == traces.TEXT.decode()
    assert team.repositories.head(team.name) == restored.head
    assert set(restored.runs) <= set(runs_of(team.pipelines.airflow))
