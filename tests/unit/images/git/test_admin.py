"""The admin API: made again, nothing changes; removed again, nothing is missed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.unit.images.git.served import ADMIN_KEY, Server, Team

LONG = "a-password-of-thirty-two-or-more-letters"


@pytest.mark.parametrize("key", ["", "wrong", ADMIN_KEY[:-1], ADMIN_KEY + "x"])
@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
def test_it_is_for_the_admin_key_alone(team: Team, method: str, key: str) -> None:
    assert team.server.admin(method, team.name, {"password": LONG}, key=key) == 401
    assert team.server.as_user(team.name, team.password, f"/-/repositories/{team.name}") == 401
    assert team.server.ask(method, f"/-/repositories/{team.name}")[0] == 401


def test_made_again_it_is_as_it_was(team: Team) -> None:
    head = team.server.head(team.name)
    assert [team.allow(), team.allow()] == [200, 200]
    assert team.server.head(team.name) == head
    team.clone()


def test_many_at_once_make_one(server: Server) -> None:
    body = {"password": LONG}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: server.admin("PUT", "team-at-once", body), range(16)))
    assert sorted(answers) == [200] * 15 + [201]
    assert not any((server.data / "making").iterdir())


@pytest.mark.parametrize(
    "name", ["search", "team-", "team-x", "team-1x", "team-a.b", "team-A", "team-ab-", "team-" + "a" * 31, "../x", ""]
)
def test_only_names_of_teams_are_taken(server: Server, name: str) -> None:
    assert server.admin("PUT", name, {"password": LONG}) == 404
    assert server.admin("GET", name) == 404


def test_a_wrong_body_changes_nothing(team: Team) -> None:
    assert team.server.admin("PUT", team.name, {"password": "short"}) == 422
    assert team.server.admin("PUT", team.name, {"password": "x" * 70_000}) == 413
    team.clone()


def test_removed_it_lets_nobody_in_and_keeps_what_it_has(team: Team) -> None:
    clone = team.clone()
    commit = clone.commit({"dags/x.py": "1"})
    assert clone.push().returncode == 0
    assert [team.server.admin("DELETE", team.name) for _ in range(2)] == [204, 204]
    assert "Authentication failed" in clone.refusal()
    assert team.server.head(team.name) == commit
    assert team.allow() == 201
    assert clone.must("ls-remote", "origin", "refs/heads/main").split()[0] == commit


def test_purged_it_is_gone_and_made_again_it_is_new(team: Team) -> None:
    clone = team.clone()
    clone.commit({"dags/x.py": "1"})
    assert clone.push().returncode == 0
    assert [team.server.admin("DELETE", team.name, query="?purge=true") for _ in range(2)] == [204, 204]
    assert team.server.admin("GET", team.name) == 404
    assert not list(team.server.data.rglob(f"{team.name}*"))
    assert team.allow() == 201
    assert not (team.clone("other").folder / "dags/x.py").exists()


def test_a_purge_that_is_not_clear_is_refused(team: Team) -> None:
    assert team.server.admin("DELETE", team.name, query="?purge=perhaps") == 422
    team.clone()


def test_health_is_for_everybody(server: Server) -> None:
    assert server.ask("GET", "/health") == (200, b"ok\n")
