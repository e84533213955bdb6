"""A team that comes and goes, for what is done to a whole team: its rotation and its removal."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from mlp import airflow, teams
from tests.support import access, traces
from tests.support.cluster import Cluster
from tests.support.commands import mlp
from tests.support.pipelines import DAGS
from tests.support.refused import Refused
from tests.support.service_account import ServiceAccount
from tests.support.teams import Team, open_team

ADD_SECONDS, START_SECONDS, RUN_SECONDS = 240, 150, 300
SESSION_SECONDS = 240
STAYING = ("database", "object store", "tracking", "repository", "airflow")
"""Ways that lead to what is there without the team, too."""
SLOW_SECONDS = 40
CONFLICT = 409
SWIFT = "swift"
FIVE = tuple(f"{SWIFT}-{letter}" for letter in "abcde")
COMING_AND_GOING = ("passing", SWIFT, *FIVE)
"""The names of all such teams. Nobody's own team may be called so on a machine where these tests run."""
CONNECTION = {"connection_id": "e2e", "conn_type": "http", "host": "nowhere.example", "login": "somebody"}
VARIABLE = {"key": "e2e", "value": token_hex()}
PASSWORD = token_hex()


@dataclass(frozen=True)
class Passing:
    """Cloned from search."""

    name: str

    @property
    def id(self) -> str:
        """What it is called in every tool."""
        return teams.id_of(self.name)

    @property
    def stack(self) -> str:
        """Its stack."""
        return teams.stack_of(self.name)

    @property
    def spec(self) -> Path:
        """The file of its spec."""
        return teams.spec_of(self.name)

    def bring_up(self) -> None:
        """Up, as its spec says; a spec that an earlier run left without a team is made anew."""
        stands = self.name in teams.standing()
        if not stands:
            self.spec.unlink(missing_ok=True)
        if not self.spec.exists():
            mlp("team", "clone", "search", self.name, seconds=60).must_succeed()
        if not stands:
            mlp("team", "add", self.name, "--yes", seconds=ADD_SECONDS).must_succeed()

    def purge(self, seconds: float) -> None:
        """Away with all that is there of it."""
        try:
            if self.name in teams.standing():
                mlp("team", "remove", self.name, "--purge", "--yes", seconds=seconds)
        finally:
            self.spec.unlink(missing_ok=True)


def purge_all(names: tuple[str, ...] = COMING_AND_GOING, seconds: float = ADD_SECONDS) -> None:
    """Away with what is there of teams: their data and their specs too."""
    try:
        if there := [name for name in names if name in teams.known()]:
            mlp("team", "remove", *there, "--purge", "--yes", seconds=seconds).must_succeed()
    finally:
        for name in names:
            teams.spec_of(name).unlink(missing_ok=True)


@dataclass(frozen=True)
class Rotated:
    """A team before and after."""

    before: Team
    after: Team
    token: dict[str, str]
    """Of its Airflow, given out before."""
    state: str
    """How the run ended that was under way."""


def rotate(passing: Passing, cluster: Cluster, ingress: str, say: Callable[[str], None]) -> Rotated:
    """Raise its `rotation` while a DAG runs, and wait for the run's end."""
    passing.bring_up()
    before = open_team(cluster, passing.id, ingress)
    pipelines = before.pipelines
    pipelines.push(DAGS / "slow").must_succeed()
    for what, values in (("/connections", {**CONNECTION, "password": PASSWORD}), ("/variables", VARIABLE)):
        try:
            pipelines.airflow.post(what, values)
        except airflow.Refused as refused:
            # There since a first attempt.
            if refused.status != CONFLICT:
                raise
    token = before.airflow_headers()
    run = pipelines.trigger("slow", seconds=SLOW_SECONDS)
    pipelines.wait_for_task("slow", run, "wait", "running", seconds=START_SECONDS)
    raised = re.sub(r"(?m)^rotation: (\d+)", lambda found: f"rotation: {int(found[1]) + 1}", passing.spec.read_text())
    passing.spec.write_text(raised)
    up = mlp("team", "add", passing.name, "--yes", seconds=ADD_SECONDS).must_succeed()
    say(f"rotation of every secret of a team, one DAG running: {up.seconds:.0f} s")
    after = open_team(cluster, passing.id, ingress)
    return Rotated(before, after, token, after.pipelines.wait("slow", run, RUN_SECONDS)["state"])


@dataclass(frozen=True)
class Removed:
    """A team that was there."""

    team: Team
    left: traces.Traces
    head: str
    """Newest commit of its repository."""
    session: subprocess.Popen[str]
    """On the database server, begun before."""
    account: ServiceAccount
    seconds: float
    """What `mlp team remove` took."""
    refusals: dict[str, str]
    """What is said of each way to what it had, right after; of none that is still open."""


def remove(passing: Passing, cluster: Cluster, ingress: str, folder: Path) -> Removed:
    """Leave something everywhere and remove the team, its data kept."""
    passing.bring_up()
    team = open_team(cluster, passing.id, ingress)
    left = traces.leave(team)
    head = team.repositories.push(team.name, folder / "clone", {"dags/kept.md": "of a test"})
    account = ServiceAccount(cluster, team.name, "airflow", folder)
    session = team.role.start(f"SELECT pg_sleep({SESSION_SECONDS})")
    ran = mlp("team", "remove", passing.name, "--yes", seconds=ADD_SECONDS).must_succeed()
    return Removed(team, left, head, session, account, ran.seconds, refusals(team))


def refusals(team: Team) -> dict[str, str]:
    """What is said to a team at each way that is closed to it."""
    said = {}
    for way in STAYING:
        try:
            access.WAYS[way](team)
        except Refused as refused:
            said[way] = str(refused)
    return said
