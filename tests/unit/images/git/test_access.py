"""Who gets in: one user a repository, by its password now."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest

from images.git.gitserver import access
from images.git.gitserver.access import Access, Check
from tests.unit.images.git.conftest import Teams
from tests.unit.images.git.served import ADMIN_KEY, Server, Team, run

REFS = "/info/refs?service=git-upload-pack"
LONG = "a-password-of-thirty-two-or-more-letters"


def test_its_user_fetches_and_pushes(team: Team) -> None:
    clone = team.clone()
    commit = clone.commit({"dags/project/dag.py": "1"})
    assert clone.push().returncode == 0
    assert team.server.head(team.name) == commit
    assert (team.clone("other").folder / "dags/project/dag.py").read_text() == "1"


def test_a_new_repository_says_where_dags_go(team: Team) -> None:
    clone = team.clone()
    assert "dags/<project>" in (clone.folder / "dags/README.md").read_text()
    assert clone.must("rev-parse", "--abbrev-ref", "HEAD") == "main"
    assert clone.must("rev-list", "--count", "HEAD") == "1"


@pytest.mark.parametrize(
    "credential",
    [
        None,
        "Basic",
        "Basic !!!",
        "Basic " + b64encode(b"no colon").decode(),
        "Basic " + b64encode(b"\xff:\xff").decode(),
        "Basic " + b64encode(b":").decode(),
        "Basic " + b64encode(b"team-../x:y").decode(),
        f"Bearer {ADMIN_KEY}",
    ],
)
@pytest.mark.parametrize("path", [REFS, "/git-upload-pack", "/HEAD"])
def test_strangers_are_asked_who_they_are_whatever_they_ask_for(team: Team, credential: str | None, path: str) -> None:
    headers = {"Authorization": credential} if credential else {}
    for name in (team.name, "team-that-never-was"):
        assert team.server.ask("GET", f"/{name}.git{path}", headers=headers)[0] == 401


def test_a_wrong_password_and_an_unknown_user_are_the_same(team: Team) -> None:
    path = f"/{team.name}.git{REFS}"
    assert team.server.as_user(team.name, team.password, path) == 200
    assert team.server.as_user(team.name, team.password[:-1], path) == 401
    assert team.server.as_user(team.name, "", path) == 401
    assert team.server.as_user("team-that-never-was", team.password, path) == 401
    assert team.server.as_user("admin", ADMIN_KEY, path) == 401


def test_a_team_sees_no_other_repository_and_not_whether_it_is_there(a_team: Teams) -> None:
    team, other = a_team(), a_team()
    for name in (other.name, "team-that-never-was", "../access/x", f"x/../{other.name}"):
        for path in (REFS, "/git-upload-pack", "/HEAD", "/objects/info/packs"):
            assert team.server.as_user(team.name, team.password, f"/{name}.git{path}") == 404
    stranger = team.url.replace(f"/{team.name}.git", f"/{other.name}.git")
    assert "not found" in run(team.folder, "ls-remote", stranger).stderr
    clone = team.clone()
    before = team.server.head(other.name)
    clone.commit({"dags/x": "x"})
    assert "not found" in clone.refusal(stranger, "HEAD:main")
    assert team.server.head(other.name) == before


@pytest.mark.parametrize("path", ["/HEAD", "/info/refs", "/objects/info/packs", "/config", "/info/refs?service=git-x"])
def test_only_the_smart_protocol_is_spoken(team: Team, path: str) -> None:
    assert team.server.as_user(team.name, team.password, f"/{team.name}.git{path}") in (403, 404)


def test_a_new_password_shuts_the_old_one_out_at_once(team: Team) -> None:
    path = f"/{team.name}.git{REFS}"
    assert team.server.admin("PUT", team.name, {"password": LONG}) == 200
    assert team.server.as_user(team.name, team.password, path) == 401
    assert team.server.as_user(team.name, LONG, path) == 200


def test_only_a_salted_hash_is_kept_and_nothing_is_logged(a_team: Teams, server: Server) -> None:
    team, same = a_team(), a_team()
    assert server.admin("PUT", same.name, {"password": team.password}) == 200
    team.clone()
    kept = [server.data / "access" / f"{one.name}.json" for one in (team, same)]
    digests = {json.loads(file.read_text())["digest"] for file in kept}
    assert len(digests) == 2
    assert {file.stat().st_mode & 0o777 for file in kept} == {0o600}
    for file in [server.log, *(path for path in server.data.rglob("*") if path.is_file())]:
        content = file.read_bytes()
        assert team.password.encode() not in content, file
        assert ADMIN_KEY.encode() not in content, file
    assert f"{team.name} POST '/{team.name}.git/git-upload-pack' 200" in server.log.read_text()


def test_no_process_shows_a_secret(team: Team) -> None:
    environment = f"/proc/{team.server.pid}/cmdline"
    with open(environment, "rb") as file:  # noqa: PTH123
        assert ADMIN_KEY.encode() not in file.read()


def test_access_comes_back_from_its_file() -> None:
    for check in (None, Check("http://a/check", "key")):
        made = Access.of("secret", check)
        assert Access.from_json(made.to_json()) == made
        assert made.opened_by("secret")
        assert not made.opened_by("Secret")


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("{", "JSON"),
        ("[]", "password"),
        ("{}", "password"),
        (json.dumps({"password": "short"}), "32"),
        (json.dumps({"password": 5}), "password"),
        (json.dumps({"password": LONG, "other": 1}), "check"),
        (json.dumps({"password": LONG, "check": {"url": "http://a"}}), "key"),
        (json.dumps({"password": LONG, "check": {"url": "file:///etc", "key": "k"}}), "check.url"),
        (json.dumps({"password": LONG, "check": {"url": "http://", "key": "k"}}), "check.url"),
        (json.dumps({"password": LONG, "check": {"url": "http://a\r\nx", "key": "k"}}), "check.url"),
        (json.dumps({"password": LONG, "check": {"url": "http://a", "key": "a b"}}), "check.key"),
    ],
)
def test_a_wrong_request_is_named_without_its_values(body: str, names: str) -> None:
    with pytest.raises(ValueError, match=names) as caught:
        access.wanted(body.encode())
    assert LONG not in str(caught.value)
