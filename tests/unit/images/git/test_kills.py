"""Killed anywhere, the server starts again with what it had, and takes the next push."""

from __future__ import annotations

import random
import threading
import time

import pytest

from tests.unit.images.git.conftest import Teams
from tests.unit.images.git.served import Checker, Clone, Server, Team, run

LONG = "a-password-of-thirty-two-or-more-letters"


def sound(team: Team) -> None:
    ran = run(team.server.repository(team.name), "fsck", "--full", "--strict")
    assert ran.returncode == 0, ran.stderr


def again(team: Team, clone: Clone, before: str) -> None:
    """After a kill: old or new, nothing between, and the next push is taken."""
    team.server.start()
    assert team.server.head(team.name) in (before, clone.head())
    assert not list(team.server.repository(team.name).rglob("*.lock"))
    assert clone.push().returncode == 0
    assert team.server.head(team.name) == clone.head()
    sound(team)


def test_killed_while_a_push_is_checked(own_server: Server, a_team: Teams, checker: Checker) -> None:
    own_server.start()
    team = a_team(checker.check, on=own_server)
    clone, before = team.clone(), own_server.head(team.name)
    clone.commit({"dags/x.py": "1"})
    checker.delay = 5
    pushing = threading.Thread(target=clone.push, daemon=True)
    pushing.start()
    assert checker.arrived.wait(10)
    own_server.kill()
    pushing.join()
    checker.delay = 0
    again(team, clone, before)
    assert not list((own_server.repository(team.name) / "objects").glob("*incoming*"))


def test_killed_anywhere_in_a_push(own_server: Server, a_team: Teams) -> None:
    own_server.start()
    team = a_team(on=own_server)
    clone = team.clone()
    chance = random.Random(4)
    for number in range(6):
        before = own_server.head(team.name)
        clone.commit({"dags/x.bin": chance.randbytes(2_000_000), "dags/n": str(number)})
        pushing = threading.Thread(target=clone.push, daemon=True)
        pushing.start()
        time.sleep(chance.uniform(0, 0.35))
        own_server.kill()
        pushing.join()
        again(team, clone, before)


def test_killed_anywhere_while_repositories_come_and_go(own_server: Server) -> None:
    own_server.start()
    chance = random.Random(5)
    names = [f"team-k{n}" for n in range(3)]
    for _ in range(6):
        ended = threading.Event()

        def make(ended: threading.Event = ended) -> None:
            while not ended.is_set():
                name = chance.choice(names)
                own_server.admin("PUT", name, {"password": LONG})
                if chance.random() < 0.5:
                    own_server.admin("DELETE", name, query="?purge=true")

        making = threading.Thread(target=make, daemon=True)
        making.start()
        time.sleep(chance.uniform(0.02, 0.4))
        own_server.kill()
        ended.set()
        making.join()
        own_server.start()
        assert not any((own_server.data / "making").iterdir())
        for name in names:
            assert own_server.admin("PUT", name, {"password": LONG}) in (200, 201)
            assert own_server.head(name)
            assert own_server.as_user(name, LONG, f"/{name}.git/info/refs?service=git-upload-pack") == 200


@pytest.mark.parametrize(
    "left", ["refs/heads/main.lock", "packed-refs.lock", "HEAD.lock", "gc.pid", "objects/pack/tmp_pack_x"]
)
def test_what_a_killed_git_left_holds_up_no_push(team: Team, left: str) -> None:
    clone = team.clone()
    clone.commit({"dags/x.py": "1"})
    (team.server.repository(team.name) / left).write_text("")
    assert clone.push().returncode == 0, "without a restart"
    assert not (team.server.repository(team.name) / left).exists()


def test_told_to_end_it_ends_what_is_under_way_first(own_server: Server, a_team: Teams, checker: Checker) -> None:
    own_server.start()
    team = a_team(checker.check, on=own_server)
    clone = team.clone()
    clone.commit({"dags/x.py": "1"})
    checker.delay = 1
    codes: list[int] = []
    pushing = threading.Thread(target=lambda: codes.append(clone.push().returncode), daemon=True)
    pushing.start()
    assert checker.arrived.wait(10)
    own_server.stop()
    pushing.join()
    assert codes == [0]
    own_server.start()
    assert own_server.head(team.name) == clone.head()


def test_without_a_key_it_does_not_start(own_server: Server) -> None:
    with pytest.raises(AssertionError, match="set ADMIN_KEY"):
        own_server.start(ADMIN_KEY="")
