"""A team goes: access ends at once, data stays. It comes again and finds them. With purge nothing is left."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from local import paths
from tests.e2e.conftest import TEAM_SECONDS
from tests.support import access, traces
from tests.support.admins import Admins
from tests.support.beside import Beside
from tests.support.cluster import Cluster
from tests.support.commands import mlp
from tests.support.passing import Passing, Removed
from tests.support.refused import Refused
from tests.support.teams import open_team

REMOVE_SECONDS = 60
REFUSALS = {
    "database": "not permitted to log in|authentication failed",
    "object store": "InvalidAccessKeyId",
    "tracking": "401",
    "repository": "Authentication failed",
    "airflow": "404",
}


@pytest.fixture(scope="module")
def removed(removal: Callable[[], Removed], beside: Beside) -> Removed:
    return beside.result("removal", removal)


@pytest.mark.timeout(2 * TEAM_SECONDS)
@pytest.mark.parametrize("way", REFUSALS)
def test_access_ends_at_once(removed: Removed, way: str) -> None:
    assert re.search(REFUSALS[way], removed.refusals.get(way, "it is let in"))


@pytest.mark.timeout(30)
def test_it_goes_in_time(removed: Removed, say: Callable[[str], None]) -> None:
    say(f"mlp team remove: {removed.seconds:.0f} s, promised {REMOVE_SECONDS} s")
    assert removed.seconds < REMOVE_SECONDS


@pytest.mark.timeout(30)
def test_sessions_are_ended(removed: Removed) -> None:
    assert removed.session.wait(20) != 0


@pytest.mark.timeout(30)
def test_tokens_of_its_service_accounts_are_refused(removed: Removed) -> None:
    with pytest.raises(Refused):
        removed.account.kubectl("get", "pods", "-n", removed.team.name)


@pytest.mark.timeout(60)
def test_its_data_is_kept(removed: Removed, cluster: Cluster, ingress: str) -> None:
    left = Admins(cluster, ingress).left(removed.team.name)
    kinds = {what.split()[0] for what in left}
    assert {"database", "bucket", "workspace"} <= kinds
    assert not kinds & {"account", "user", "namespace"}


@pytest.mark.timeout(TEAM_SECONDS + 60)
def test_added_again_it_finds_them(
    removed: Removed, passing: Passing, cluster: Cluster, ingress: str, say: Callable[[str], None]
) -> None:
    added = mlp("team", "add", passing.name, "--yes", seconds=TEAM_SECONDS).must_succeed()
    say(f"a team that was removed is back with its data in {added.seconds:.0f} s")
    team, left = open_team(cluster, passing.id, ingress), removed.left
    assert team.role.run(f"SELECT id FROM {traces.NAME}.rows") == ["1"]
    with team.account.client() as s3:
        assert s3.get_object(Bucket=team.name, Key=left.key)["Body"].read() == traces.TEXT
    assert left.run in {run["info"]["run_id"] for run in team.mlflow.runs(left.experiment)}
    assert team.mlflow.experiment(traces.NAME) == left.experiment
    assert traces.artifact(team, left) == traces.TEXT.decode()
    assert team.repositories.head(team.name) == removed.head
    for way in access.WAYS.values():
        way(team)


@pytest.mark.timeout(TEAM_SECONDS + 60)
def test_purged_nothing_is_left(removed: Removed, passing: Passing, cluster: Cluster, ingress: str) -> None:
    mlp("team", "remove", passing.name, "--purge", "--yes", seconds=TEAM_SECONDS).must_succeed()
    assert Admins(cluster, ingress).left(removed.team.name) == []
    assert objects_of(cluster, removed.team.name) == []
    assert files_of(passing.stack) == []


def objects_of(cluster: Cluster, name: str) -> list[str]:
    """Objects of the cluster that have the team in their names or namespaces."""
    return [
        f"{item['kind']} {item['metadata']['name']}"
        for item in cluster.everything()
        if item["kind"] != "Event" and name in (item["metadata"]["name"], item["metadata"].get("namespace"))
    ]


def files_of(stack: str) -> list[Path]:
    """What Pulumi keeps of a stack: its state and its config."""
    kept = [file for file in paths.backend().rglob("*") if file.is_file() and re.search(rf"\b{stack}\b", str(file))]
    return [*kept, *(paths.checkout() / "stacks").glob(f"Pulumi.{stack}.yaml")]
