"""One platform for all end-to-end tests: brought up by the real command before the first, gone after the last.

The files run in the order of order.py; the machine is looked at before the platform comes up, so that `test_down.py`
can say that nothing is left of it. What takes long and needs no quiet machine runs beside other tests (`beside`);
files that order.py doesn't name as `COMPANY` wait for its end.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from local import paths, toolchain
from local.node.config import NodeConfig
from tests.e2e import snapshot
from tests.e2e.order import COMPANY, is_alone, place
from tests.support import flaky, installation_secrets, processes, registered
from tests.support.beside import Beside
from tests.support.cluster import Cluster
from tests.support.commands import Ran, mlp, run
from tests.support.engine_killed import ROUNDS, StackOf, on_the_node
from tests.support.installation_secrets import Searched, search_images
from tests.support.mlflow import Mlflow
from tests.support.no_image import NoImage
from tests.support.no_image import up as up_without_image
from tests.support.passing import Passing, Removed, Rotated, purge_all, remove, rotate
from tests.support.pipelines import DAGS, Run
from tests.support.plain_pulumi import NOTHING_CHANGES
from tests.support.secret_scan import Scanner
from tests.support.teams import open_team

HERE = Path(__file__).parent
COLD_SECONDS = 40 * 60
WARM_SECONDS = 6 * 60
TEAM_SECONDS = 4 * 60
UNITS_SECONDS = 600
TUNED_SECONDS = 100
TEST_SECONDS, SETUP_SECONDS = 300, COLD_SECONDS + 300
"""What a test gets that names no limit, and what its fixtures get: the first that needs one makes it, and waits for
what runs beside. Limits end what hangs; what is promised is measured by the tests themselves."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files in order; inside a file tests stay as they are written."""
    ours = [item for item in items if is_ours(item)]
    items.sort(key=lambda item: place(item.path.name) if is_ours(item) else -1)
    for item in ours:
        given = item.get_closest_marker("timeout")
        own = given.args[0] if given and given.args else TEST_SECONDS
        # The limit of the test alone: each attempt at it has its own.
        item.add_marker(pytest.mark.timeout(own, func_only=True), append=False)


def is_ours(item: pytest.Item) -> bool:
    """Whether it is one of this folder's."""
    return HERE in item.path.parents


FIGURES = pytest.StashKey[list[str]]()
BESIDE = pytest.StashKey[Beside]()
ATTEMPTS = pytest.StashKey[list[float]]()
"""When it was tried to bring the platform up."""


def pytest_configure(config: pytest.Config) -> None:
    """Where work beside the tests is kept."""
    config.stash[BESIDE] = Beside()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """No test ends before what it began; nor does the session."""
    session.config.stash[BESIDE].end()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Most tests need the machine for themselves, their fixtures too."""
    if not is_ours(item):
        return (yield)
    with within(SETUP_SECONDS):
        if is_alone(item.path.name):
            item.config.stash[BESIDE].alone()
        elif item.path.name not in COMPANY:
            item.config.stash[BESIDE].quiet()
        return (yield)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail what takes longer."""

    def over(number: int, frame: object) -> None:
        pytest.fail(f"not ready after {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def beside(request: pytest.FixtureRequest) -> Beside:
    """What goes on beside the tests."""
    return request.config.stash[BESIDE]


def is_wanted(request: pytest.FixtureRequest, file: str) -> bool:
    """Whether a file's tests are among those that were asked for: else what they need isn't begun for them."""
    return any(is_ours(item) and item.path.name == file for item in request.session.items)


@pytest.fixture(scope="session")
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Note a figure for the end of the run, where a person reads it."""
    return request.config.stash.setdefault(FIGURES, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the figures that tests noted, and what didn't pass at once."""
    if figures := config.stash.get(FIGURES, []):
        terminalreporter.section("figures")
        for figure in figures:
            terminalreporter.line(figure)
    if twice := flaky.lines(terminalreporter.stats):
        terminalreporter.section("flaky")
        for line in twice:
            terminalreporter.line(line)


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
def platform(request: pytest.FixtureRequest) -> Platform:
    """Bring the platform up by the command that a person types. What doesn't come up the second time ends the session:
    no test has anything to say then, and each would try again."""
    attempts = request.config.stash.setdefault(ATTEMPTS, [])
    attempts.append(time.monotonic())
    try:
        return bring_up()
    except AssertionError as error:
        if len(attempts) > 1:
            pytest.exit(f"the platform doesn't come up: {error}", returncode=1)
        raise


def bring_up() -> Platform:
    was_up = paths.kubeconfig().exists() and node_is_running()
    had_caches = any((paths.cache() / "bin").glob("kubelet-*"))
    if not was_up:
        # A node that was killed has left mounts and cgroups; what the next `up` and `down` clear away isn't theirs.
        mlp("down", "--yes", seconds=300).must_succeed()
    before = snapshot.take()
    with processes.Watch() as watch:
        ran = mlp("up", "--yes", seconds=COLD_SECONDS).must_succeed()
    # A session that was cut short has left teams, maybe half made, and services of models.
    purge_all()
    address = f"http://127.0.0.1:{NodeConfig().ingress_port}"
    registered.remove_services(Cluster({**os.environ, **toolchain.environment()}), "search", address)
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


@pytest.fixture(scope="session")
def teams(platform: Platform, beside: Beside) -> Teams:
    """Both teams up, once for all tests."""
    beside.result("recsys", add_recsys)
    return Teams("team-search", "team-recsys")


def add_recsys() -> None:
    mlp("team", "add", "recsys", "--yes", seconds=TEAM_SECONDS).must_succeed()


@pytest.fixture(scope="session")
def passing(platform: Platform) -> Iterator[Passing]:
    """A team for what is done to a whole team; purged in the end, however that is reached."""
    team = Passing("passing")
    # What an earlier run left has other values in its Airflow.
    team.purge(TEAM_SECONDS)
    try:
        yield team
    finally:
        team.purge(TEAM_SECONDS)


@pytest.fixture(scope="session")
def early(request: pytest.FixtureRequest, platform: Platform, beside: Beside) -> None:
    """What later files look at is begun now, as far as they were asked for."""
    if any(is_wanted(request, file) for file in ("test_team_isolation.py", "test_team_admission.py")):
        beside.begin("recsys", add_recsys)
    if is_wanted(request, "test_team_rotation.py"):
        beside.begin("rotation", request.getfixturevalue("rotation"))
    if is_wanted(request, "test_wrong_cases.py"):
        beside.begin("no image", request.getfixturevalue("no_image"))


@pytest.fixture(scope="session")
def rotation(passing: Passing, cluster: Cluster, ingress: str, say: Callable[[str], None]) -> Callable[[], Rotated]:
    """The rotation of every secret of a team."""
    return lambda: rotate(passing, cluster, ingress, say)


@pytest.fixture(scope="session")
def removal(
    passing: Passing, cluster: Cluster, ingress: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Removed]:
    """The removal of a team."""
    return lambda: remove(passing, cluster, ingress, tmp_path_factory.mktemp("removed"))


@pytest.fixture(scope="session")
def removal_early(request: pytest.FixtureRequest, beside: Beside) -> None:
    """It is begun, if it was asked for: the tests of rotation, which use that team too, are over."""
    if is_wanted(request, "test_team_removal.py"):
        beside.begin("removal", request.getfixturevalue("removal"))


@pytest.fixture(scope="session")
def engine_units(request: pytest.FixtureRequest, platform: Platform, beside: Beside) -> Callable[[], Ran]:
    """The unit tests that need the engine, which `up` has brought, and no node: they run in idle time."""

    def run_them() -> Ran:
        command = [sys.executable, "-m", "pytest", "-n", "2", "-m", "engine", "tests/unit"]
        return run(command, UNITS_SECONDS).must_succeed()

    if is_wanted(request, "test_engine_units.py"):
        beside.begin("engine's unit tests", run_them, idly=True)
    return run_them


@pytest.fixture(scope="session")
def engine_killed(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Callable[[], None]]:
    """The rounds of test_engine_killed.py, by name: many runs of the engine."""

    def of(rounds: Callable[[StackOf], None]) -> Callable[[], None]:
        def run_them() -> None:
            with on_the_node(cluster, tmp_path_factory.mktemp("killed")) as stack_of:
                rounds(stack_of)

        return run_them

    return {name: of(rounds) for name, rounds in ROUNDS.items()}


@pytest.fixture(scope="session")
def idly(request: pytest.FixtureRequest, engine_killed: dict[str, Callable[[], None]], beside: Beside) -> None:
    """What is long and loads the node begins, if it was asked for: in idle time."""
    if is_wanted(request, "test_engine_killed.py"):
        for name, rounds in engine_killed.items():
            beside.begin(name, rounds, idly=True)


@pytest.fixture(scope="session")
def plain_idly(request: pytest.FixtureRequest, teams: Teams, beside: Beside) -> None:
    """What plain `pulumi` finds where nothing changes, if it was asked for: in idle time."""
    if is_wanted(request, "test_plain_pulumi.py"):
        for command, work in NOTHING_CHANGES.items():
            beside.begin(f"plain pulumi {command}", work, idly=True)


@pytest.fixture(scope="session")
def make_scanner(environment: dict[str, str], teams: Teams) -> Callable[[], Scanner]:
    """The scanner for every secret of this installation, made when it is first asked for."""
    return cache(lambda: installation_secrets.scanner(environment))


@pytest.fixture(scope="session")
def images_searched(make_scanner: Callable[[], Scanner]) -> Callable[[], Searched]:
    """The search for secrets through all images, those that the tests before have packed too."""
    return lambda: search_images(make_scanner())


@pytest.fixture(scope="session")
def searched_idly(request: pytest.FixtureRequest, images_searched: Callable[[], Searched], beside: Beside) -> None:
    """It is begun, if it was asked for: in idle time."""
    if is_wanted(request, "test_secrets.py"):
        beside.begin("images searched", images_searched, idly=True)


@pytest.fixture(scope="session")
def tuned(teams: Teams, cluster: Cluster, ingress: str) -> Callable[[], Run]:
    """A DAG that tunes in its own tasks, pushed and run."""

    def run_it() -> Run:
        pipelines = open_team(cluster, teams.search, ingress).pipelines
        pipelines.push(DAGS / "tuned").must_succeed()
        return pipelines.run("tuned", TUNED_SECONDS)

    return run_it


@pytest.fixture(scope="session")
def tuned_early(request: pytest.FixtureRequest, tuned: Callable[[], Run], beside: Beside) -> None:
    """It is begun, if it was asked for."""
    if is_wanted(request, "test_tuning.py"):
        beside.begin("tuned", tuned)


@pytest.fixture(scope="session")
def no_image(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], NoImage]:
    """A stack whose image isn't there."""
    return lambda: up_without_image(cluster, tmp_path_factory.mktemp("no-image"))
