"""Notebooks: a person signs in, has a kernel in seconds, sees their team's things and no other's; no file is lost."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import aiohttp
import pytest

from tests.e2e.conftest import Teams
from tests.support.attempts.notebook import ATTEMPTS, EVER, PRELUDE, Attempt
from tests.support.cluster import Cluster
from tests.support.notebooks import Kernel, Person, RaisedError, password_of, sign_in
from tests.support.refused import Refused

READY_SECONDS = 20
AT_ONCE_SECONDS = 15
IDLE = """
import os, pathlib, subprocess
for process in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        command = (process / "cmdline").read_bytes().split(b"\\0")
    except OSError:
        continue
    if b"jupyterhub_idle_culler" in command:
        given = (process / "environ").read_bytes().split(b"\\0")
        environment = dict(one.decode().split("=", 1) for one in given if one)
        kept = [one.decode() for one in command if one and not one.startswith((b"--timeout", b"--cull-every"))]
        # It looks at once, then again after a while that nobody waits for.
        culler = subprocess.Popen([*kept, "--timeout=1", "--cull-every=600"], env=environment)
        try:
            assert culler.wait(4), "it ended"
        except subprocess.TimeoutExpired:
            culler.terminate()
        break
else:
    raise SystemExit("no culler runs")
"""
"""The culler's own command with its own rights, for notebooks that nobody used for a second."""


@dataclass
class Seats:
    """Ada of search and grace of recsys, each with a kernel."""

    ada: Person
    grace: Person
    seconds: float
    """What ada's took to be ready, with its image there."""
    kernel: Kernel
    address: dict[str, str]
    """Of pods, by person."""
    experiment: dict[str, str]
    """In MLflow, by person."""

    def at(self, attempt: Attempt, person: str, team: str) -> str:
        """Run an attempt on somebody's things."""
        given = {"person": person, "team": team, "address": self.address[person]}
        given["experiment"] = self.experiment[person]
        return self.kernel.run(attempt.code.format(**given))


@pytest.fixture(scope="module")
def seats(teams: Teams, cluster: Cluster, ingress: str) -> Iterator[Seats]:
    ada, grace = (sign_in(ingress, name, password_of(name)) for name in ("ada", "grace"))
    # The image is there, and so is the home, once one has run.
    ada.stop("search")
    ada.start("search")
    ada.stop("search")
    seconds = ada.start("search")
    if "recsys" not in grace.servers():
        grace.start("recsys")
    kernel = ada.kernel("search")
    experiments = {}
    for person, team, own in ((ada, "search", kernel), (grace, "recsys", grace.kernel("recsys"))):
        own.run(PRELUDE)
        experiments[person.name] = own.run("print(plant())").strip()
        own.run(
            f"pathlib.Path.home().joinpath('of-{person.name}').write_text('{person.name}')\n"
            f"pathlib.Path.home().joinpath('shared', 'of-{team}').write_text('{team}')"
        )
    addresses = {
        "ada": cluster.get("pod", "-n", teams.search, "notebook-ada")["status"]["podIP"],
        "grace": cluster.get("pod", "-n", teams.recsys, "notebook-grace")["status"]["podIP"],
    }
    made = Seats(ada, grace, seconds, kernel, addresses, experiments)
    yield made
    made.ada.stop("search")
    # She has signed in anew since.
    made.grace.stop("recsys")


def test_it_is_ready_in_time(seats: Seats, say: Callable[[str], None]) -> None:
    say(f"notebook: ready {seats.seconds:.1f} s after it was asked for, its image cached; promised {READY_SECONDS} s")
    assert seats.seconds < READY_SECONDS
    assert seats.kernel.run("print(6 * 7)").strip() == "42"


def test_it_is_the_teams(seats: Seats, cluster: Cluster) -> None:
    """Its namespace, its quota, its service account; restricted, and without the hub's token in sight."""
    found = cluster.get("pod", "-n", "team-search", "notebook-ada")
    assert found["spec"]["serviceAccountName"] == "notebook"
    (container,) = found["spec"]["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    token = next(one for one in container["env"] if one["name"] == "JUPYTERHUB_API_TOKEN")
    assert token["valueFrom"]["secretKeyRef"] == {"name": "notebook-ada", "key": "token"}
    told = seats.kernel.run("print(os.environ['MLFLOW_WORKSPACE'], os.environ['TEAM_BUCKET'], pathlib.Path.home())")
    assert told.split() == ["team-search", "team-search", "/home/mlp"]


@pytest.mark.timeout(60, func_only=True)
@pytest.mark.parametrize("attempt", [*ATTEMPTS, *EVER], ids=lambda attempt: attempt.name)
def test_refused(attempt: Attempt, seats: Seats) -> None:
    with pytest.raises(RaisedError) as told:
        seats.at(attempt, "grace", "recsys")
    assert re.search(attempt.refusal, str(told.value), re.DOTALL), f"refused for another reason: {told.value}"


@pytest.mark.timeout(60, func_only=True)
@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
def test_allowed_on_their_own(attempt: Attempt, seats: Seats) -> None:
    seats.at(attempt, "ada", "search")


def test_twenty_attempts_are_made(say: Callable[[str], None]) -> None:
    say(f"notebook: {len(ATTEMPTS) + len(EVER)} attempts from a kernel refused, {len(ATTEMPTS)} allowed on one's own")
    assert len(ATTEMPTS) + len(EVER) >= 20


def test_a_notebook_of_another_team_is_refused_at_the_hub(seats: Seats) -> None:
    with pytest.raises(Refused, match=r"403.*isn't in team recsys"):
        seats.ada.ask("POST", "/users/ada/servers/recsys", {})


def test_a_notebooks_token_opens_no_other_notebook(seats: Seats) -> None:
    token = seats.kernel.run("print(os.environ['JUPYTERHUB_API_TOKEN'])").strip()
    headers = {"Authorization": f"token {token}"}
    assert seats.ada.site.ask("GET", "/user/ada/search/api/contents", headers=headers)
    with pytest.raises(Refused, match=r"403|404"):
        seats.ada.site.ask("GET", "/user/grace/recsys/api/contents", headers=headers)


def test_a_wrong_password_is_refused(ingress: str, teams: Teams) -> None:
    with pytest.raises(Refused, match="403"):
        sign_in(ingress, "ada", "not-hers")
    with pytest.raises(Refused, match="403"):
        sign_in(ingress, "mallory", "")


def test_who_is_taken_out_of_a_team_is_out_at_once_and_finds_their_files_again(
    seats: Seats, cluster: Cluster, say: Callable[[str], None]
) -> None:
    name = ("notebookteam", "-n", "team-search", "team-search")
    people = cluster.get(*name)["spec"]["people"]

    def set_people(names: list[str]) -> None:
        listed = ", ".join(f'"{one}"' for one in names)
        cluster.kubectl("patch", *name, "--type=merge", "-p", f'{{"spec": {{"people": [{listed}]}}}}')

    try:
        set_people([one for one in people if one != "ada"])
        began = time.monotonic()
        seats.ada.gone("search", AT_ONCE_SECONDS)
        say(f"notebook: gone {time.monotonic() - began:.1f} s after its person was taken out of the team")
        assert not cluster.items("pods", "-n", "team-search", "--field-selector=metadata.name=notebook-ada")
        with pytest.raises(Refused, match="403"):
            seats.ada.ask("POST", "/users/ada/servers/search", {})
        # A home is kept.
        assert cluster.get("pvc", "-n", "team-search", "home-ada")["status"]["phase"] == "Bound"
    finally:
        set_people(people)
    end = time.monotonic() + AT_ONCE_SECONDS
    while "search" not in seats.ada.ask("GET", "/users/ada")["groups"]:
        assert time.monotonic() < end
        time.sleep(0.1)
    seats.ada.start("search")
    assert seats.ada.kernel("search").run("print(open('/home/mlp/of-ada').read())").strip() == "ada"


def test_another_password_ends_every_session(seats: Seats, cluster: Cluster, ingress: str) -> None:
    """As a raised rotation or leaving the platform's spec does: the hub follows the Secret, without a restart."""
    name = ("secret", "-n", "mlp-platform", "hub-people")
    before = cluster.get(*name)["data"]["grace"]

    def set_password(encoded: str) -> None:
        cluster.kubectl("patch", *name, "--type=merge", "-p", json.dumps({"data": {"grace": encoded}}))

    try:
        set_password(base64.b64encode(b"another").decode())
        end = time.monotonic() + AT_ONCE_SECONDS
        with pytest.raises(Refused, match="403"):
            while time.monotonic() < end:
                seats.grace.servers()
                time.sleep(0.1)
        with pytest.raises(Refused, match="403"):
            sign_in(ingress, "grace", base64.b64decode(before).decode())
        look = ("pods", "-n", "team-recsys", "--field-selector=metadata.name=notebook-grace")
        while cluster.items(*look):
            assert time.monotonic() < end + AT_ONCE_SECONDS, "her notebook runs on"
            time.sleep(0.2)
    finally:
        set_password(before)
    # Who has the right one is let in again, and has the same files.
    end = time.monotonic() + AT_ONCE_SECONDS
    while True:
        try:
            seats.grace = sign_in(ingress, "grace", base64.b64decode(before).decode())
            break
        except Refused:
            assert time.monotonic() < end
            time.sleep(0.5)
    assert cluster.get("pvc", "-n", "team-recsys", "home-grace")["status"]["phase"] == "Bound"


def test_an_idle_one_is_stopped_and_loses_no_file(seats: Seats, cluster: Cluster) -> None:
    if "search" not in seats.ada.servers():
        seats.ada.start("search")
    kernel = seats.ada.kernel("search")
    kernel.run("open('/home/mlp/kept', 'w').write('here')\nopen('/home/mlp/shared/kept', 'w').write('here')")
    time.sleep(2)
    hub = ("exec", "-n", "mlp-platform", "deployment/hub", "-c", "hub", "--")
    cluster.kubectl(*hub, "python", "-c", IDLE)
    seats.ada.gone("search")
    # Everything of it but its files: pod and token.
    assert not cluster.items("pods", "-n", "team-search", "--field-selector=metadata.name=notebook-ada")
    assert not cluster.items("secrets", "-n", "team-search", "--field-selector=metadata.name=notebook-ada")
    seats.ada.start("search")
    read = "print(open('/home/mlp/kept').read(), open('/home/mlp/shared/kept').read())"
    assert seats.ada.kernel("search").run(read).split() == ["here", "here"]


def test_a_restart_of_the_hub_ends_no_session_and_no_kernel(seats: Seats, cluster: Cluster) -> None:
    if "search" not in seats.ada.servers():
        seats.ada.start("search")
    kernel = seats.ada.kernel("search")
    kernel.run("remembered = 'still'")
    cluster.kubectl("delete", "pod", "-n", "mlp-platform", "-l", "app.kubernetes.io/name=hub", "--wait=true")
    cluster.kubectl("rollout", "status", "deployment/hub", "-n", "mlp-platform", "--timeout=100s")
    end = time.monotonic() + 30
    while True:
        try:
            assert kernel.run("print(remembered)").strip() == "still"
            return
        except (OSError, AssertionError, Refused, aiohttp.ClientError):
            assert time.monotonic() < end, "the kernel can't be reached after the hub's restart"
            time.sleep(0.5)
