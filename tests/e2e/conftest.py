"""One platform for all end-to-end tests: brought up by the real command before the first, gone after the last.

The files run in the order of `ORDER`; the machine is looked at before the platform comes up, so that `test_down.py` can
say that nothing is left of it.
"""

from __future__ import annotations

import fnmatch
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from images import catalog, fingerprint
from local import paths, toolchain
from local.node.config import IMAGE_REPOSITORY, NodeConfig
from mlp import teams as mlp_teams
from tests.e2e import snapshot
from tests.support import processes
from tests.support.cluster import Cluster
from tests.support.commands import Ran, mlp
from tests.support.killable import environment_for
from tests.support.mlflow import Mlflow
from tests.support.small_stack import SmallStack

ORDER = (
    "test_up.py",
    "test_idle.py",
    "test_trained.py",
    "test_team_up.py",
    "test_team_pipeline.py",
    "test_team_isolation.py",
    "test_team_admission.py",
    "test_team_rotation.py",
    "test_team_removal.py",
    "test_team_kills.py",
    "test_tuning.py",
    "test_article_recommender.py",
    # After the teams' runs, so that what those wrote and showed is searched too.
    "test_secrets.py",
    "test_wrong_cases.py",
    "test_team_engine_killed.py",
    "test_plain_pulumi.py",
    "test_engine_killed.py",
    "test_[!d]*.py",
    "test_node*.py",
    "test_up_again.py",
    "test_down.py",
)
COLD_SECONDS = 40 * 60
WARM_SECONDS = 6 * 60
TEAM_SECONDS = 4 * 60


def place(file: str) -> int:
    """Where a file stands in the order: an exact name wins over a pattern."""
    if file in ORDER:
        return ORDER.index(file)
    matching = [index for index, pattern in enumerate(ORDER) if fnmatch.fnmatch(file, pattern)]
    return max(matching, default=len(ORDER))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files in order; inside a file tests stay as they are written."""
    items.sort(key=lambda item: place(item.path.name) if item.path.parent.name == "e2e" else -1)


FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Note a figure for the end of the run, where a person reads it."""
    return request.config.stash.setdefault(FIGURES, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the figures that tests noted."""
    if figures := config.stash.get(FIGURES, []):
        terminalreporter.section("figures")
        for figure in figures:
            terminalreporter.line(figure)


@dataclass(frozen=True)
class Platform:
    """The platform as `mlp up` left it."""

    first_up: Ran
    """The first `mlp up` of this session."""
    was_up: bool
    """Whether it was up before the session: then the first `up` found nothing to do."""
    had_caches: bool
    """Whether the programs were built already."""
    before: snapshot.Snapshot
    """The machine before the first `mlp up`; after it if the platform was up already."""
    ready_at: float
    """When the first `mlp up` returned, as time.monotonic()."""
    arguments: frozenset[bytes]
    """The arguments of every process seen while the first `mlp up` ran."""


@pytest.fixture(scope="session")
def platform() -> Platform:
    """Bring the platform up by the command that a person types."""
    was_up = paths.kubeconfig().exists() and node_is_running()
    had_caches = any((paths.cache() / "bin").glob("kubelet-*"))
    before = snapshot.take()
    with processes.Watch() as watch:
        ran = mlp("up", "--yes", seconds=COLD_SECONDS).must_succeed()
    return Platform(ran, was_up, had_caches, before, time.monotonic(), frozenset(watch.seen))


def node_is_running() -> bool:
    from local import node

    return node.state().status == "running"


@pytest.fixture(scope="session")
def environment(platform: Platform) -> dict[str, str]:
    """What plain `pulumi` and kubectl need, as `mlp env local` gives it."""
    return {**os.environ, **toolchain.environment()}


@pytest.fixture(scope="session")
def cluster(environment: dict[str, str]) -> Cluster:
    """kubectl on the node."""
    return Cluster(environment)


@pytest.fixture(scope="session")
def ingress(platform: Platform) -> str:
    """The ingress controller's address on this machine."""
    return f"http://127.0.0.1:{NodeConfig().ingress_port}"


@pytest.fixture
def mlflow(platform: Platform, ingress: str) -> Mlflow:
    """MLflow through the ingress, with the credentials that `mlp` hands out now."""
    given = json.loads(mlp("credentials", "mlflow", "--json", seconds=60).must_succeed().stdout)
    host = f"mlflow.localhost:{NodeConfig().ingress_port}"
    return Mlflow(ingress, host, given["user"], given["password"], workspace="examples")


@dataclass(frozen=True)
class Teams:
    """The two teams whose specs ship. `mlp up` brings `search` up, the fixture `recsys`."""

    search: str
    """Namespace, database, role, bucket, workspace and user of the one: team-search."""
    recsys: str
    """The same of the other: team-recsys."""
    added: Ran
    """The first `mlp team add recsys` of this session."""
    was_there: bool
    """Whether recsys was up before: then that `add` found nothing to do."""


@pytest.fixture(scope="session")
def teams(cluster: Cluster) -> Teams:
    """Both teams up, once for all tests."""
    was_there = bool(cluster.kubectl("get", "namespace", "team-recsys", "--ignore-not-found", "-o", "name"))
    added = mlp("team", "add", "recsys", "--yes", seconds=TEAM_SECONDS).must_succeed()
    return Teams("team-search", "team-recsys", added, was_there)


@dataclass(frozen=True)
class Passing:
    """A team that comes and goes, for what is done to a whole team: its rotation and its removal."""

    name: str

    @property
    def id(self) -> str:
        """What it is called in every tool."""
        return mlp_teams.id_of(self.name)

    @property
    def stack(self) -> str:
        """Its stack."""
        return mlp_teams.stack_of(self.name)

    @property
    def spec(self) -> Path:
        """The file of its spec."""
        return mlp_teams.spec_of(self.name)


@pytest.fixture(scope="session")
def passing(platform: Platform) -> Iterator[Passing]:
    """Cloned from search and brought up; purged in the end, however that is reached."""
    team = Passing("passing")
    if not team.spec.exists():
        mlp("team", "clone", "search", team.name, seconds=60).must_succeed()
    try:
        mlp("team", "add", team.name, "--yes", seconds=TEAM_SECONDS).must_succeed()
        yield team
    finally:
        if paths.backend().joinpath(".pulumi", "stacks", "mlplatform", f"{team.stack}.json").exists():
            mlp("team", "remove", team.name, "--purge", "--yes", seconds=TEAM_SECONDS)
        team.spec.unlink(missing_ok=True)


@pytest.fixture
def stack_of(cluster: Cluster, tmp_path: Path) -> Iterator[Callable[[str], SmallStack]]:
    """Make a small stack on the node by its name; its namespace goes when the test ends, however it ends."""
    made: list[SmallStack] = []
    # The one image that runs anywhere, needs nothing and is on every node.
    pause = f"{IMAGE_REPOSITORY}/pause:{fingerprint.tag(catalog.load()['pause'])}"

    def make(name: str) -> SmallStack:
        stack = SmallStack(f"e2e-{name}", tmp_path / name, environment_for(paths.kubeconfig()), pause, replicas=1)
        made.append(stack)
        return stack

    yield make
    for stack in made:
        cluster.kubectl("delete", "namespace", stack.name, "--ignore-not-found", "--wait=false")
        cluster.kubectl("delete", "clusterroles", "-l", f"app.kubernetes.io/part-of={stack.name}")
