"""Which pushes are taken, and what the others are told."""

from __future__ import annotations

import hashlib
import os
import select
import socket
import subprocess
import threading
import time
import zlib
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from images.git.gitserver import limits
from tests.support.ports import free_port
from tests.unit.images.git.conftest import Teams
from tests.unit.images.git.served import Checker, Server, Team, run


def stays(team: Team, before: str) -> None:
    assert team.server.head(team.name) == before
    objects, end = team.server.repository(team.name) / "objects", time.monotonic() + 10
    while list(objects.glob("*incoming*")):
        assert time.monotonic() < end, "what was refused is still there"
        time.sleep(0.05)


def test_main_goes_forward_only(team: Team) -> None:
    clone = team.clone()
    commit = clone.commit({"dags/x.py": "1"})
    assert clone.push().returncode == 0
    clone.must("commit", "-q", "--amend", "-m", "other")
    said = clone.refusal("--force", "origin", "HEAD:main")
    assert "remote: refused: main only goes forward" in said
    assert "git pull --rebase" in said
    assert "remote: refused: main can't be deleted" in clone.refusal("origin", ":main")
    stays(team, commit)


def test_other_branches_and_tags_are_free(team: Team) -> None:
    clone = team.clone()
    clone.commit({"dags/x.py": "1"})
    clone.must("tag", "-a", "v1", "-m", "a tag")
    assert clone.push("origin", "HEAD:work", "v1").returncode == 0
    clone.must("commit", "-q", "--amend", "-m", "other")
    assert clone.push("--force", "origin", "HEAD:work").returncode == 0
    assert clone.push("origin", ":work").returncode == 0
    assert "only branches and tags" in clone.refusal("origin", "HEAD:refs/other/x")


def test_the_check_gets_dags_and_its_key_and_the_pusher_the_names(a_team: Teams, checker: Checker) -> None:
    team = a_team(checker.check)
    clone = team.clone()
    clone.commit({"dags/p/dag.py": "1", "dags/p/hidden.py": "2", "notes.txt": "3", "src/x.py": "4",
                  ".gitattributes": "dags/p/hidden.py export-ignore\n"})  # fmt: skip
    checker.answer = {"dags": ["one", "two"], "errors": []}
    said = clone.push()
    assert said.returncode == 0
    assert "remote: DAGs: one, two" in said.stderr
    assert checker.files() == {"dags/README.md", "dags/p/dag.py", "dags/p/hidden.py"}
    assert [key for key, _ in checker.asked] == ["Bearer the-check-key"]
    assert clone.push("origin", "HEAD:work").returncode == 0
    assert len(checker.asked) == 1, "only main is what Airflow runs"


def test_errors_refuse_the_push_and_the_pusher_reads_them(a_team: Teams, checker: Checker) -> None:
    team = a_team(checker.check)
    clone, before = team.clone(), team.server.head(team.name)
    clone.commit({"dags/p/dag.py": "import nothing"})
    checker.answer = {
        "dags": [],
        "errors": [{"file": "dags/p/dag.py", "error": "line 1\nModuleNotFoundError: \x1b[31m"}],
    }
    said = clone.refusal()
    assert "remote: refused: Airflow can't import 1 file" in said
    assert "remote: dags/p/dag.py:" in said
    assert "remote:     ModuleNotFoundError:" in said
    assert "\x1b[31m" not in said
    assert "pre-receive hook declined" in said
    stays(team, before)


@pytest.mark.parametrize(
    ("status", "answer", "says"),
    [
        (500, "it broke", 'it answered 500 "it broke"'),
        (401, {}, "it answered 401"),
        (200, [], "isn't of the form"),
        (200, {"dags": []}, "isn't of the form"),
    ],
)
def test_without_an_answer_nothing_is_taken(
    a_team: Teams, checker: Checker, status: int, answer: object, says: str
) -> None:
    team = a_team(checker.check)
    clone, before = team.clone(), team.server.head(team.name)
    clone.commit({"dags/x.py": "1"})
    checker.status, checker.answer = status, answer
    said = clone.refusal()
    assert "Airflow didn't say whether the DAGs are right" in said
    assert says in said
    assert "the-check-key" not in said
    stays(team, before)


def test_nobody_there_is_said_at_once(a_team: Teams) -> None:
    team = a_team({"url": f"http://127.0.0.1:{free_port()}/check", "key": "the-check-key"})
    clone = team.clone()
    clone.commit({"dags/x.py": "1"})
    assert "Connection refused" in clone.refusal()


def test_main_keeps_a_folder_of_dags(team: Team) -> None:
    clone = team.clone()
    clone.must("rm", "-rq", "dags")
    clone.commit({"x": "1"})
    assert "there is no folder dags/" in clone.refusal()


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("dags/l", "/etc/passwd"),
        ("dags/l", "../../x"),
        ("l", ".."),
        ("dags/p/l", "../p/../../../x"),
        ("dags/l", "README.md/../../../x"),
    ],
)
def test_links_out_of_the_tree_are_refused(team: Team, path: str, target: str) -> None:
    clone, before = team.clone(), team.server.head(team.name)
    (clone.folder / path).parent.mkdir(exist_ok=True)
    (clone.folder / path).symlink_to(target)
    clone.commit({})
    for branch in ("main", "work"):
        assert f"remote: refused: {path}: a symbolic link" in clone.refusal("origin", f"HEAD:{branch}")
    stays(team, before)


def test_links_inside_and_submodules(team: Team) -> None:
    clone = team.clone()
    (clone.folder / "dags/l").symlink_to("../dags/README.md")
    clone.commit({})
    assert clone.push().returncode == 0
    clone.must("update-index", "--add", "--cacheinfo", f"160000,{clone.head()},dags/sub")
    clone.must("commit", "-q", "-m", "submodule")
    assert "dags/sub: a submodule" in clone.refusal()


@pytest.mark.parametrize("name", ["..", ".", ".git", ".GIT"])
def test_names_that_mean_something_else_are_refused(team: Team, name: str) -> None:
    clone, before = team.clone(), team.server.head(team.name)
    blob = clone.must("rev-parse", "HEAD:dags/README.md")
    tree = tree_of(clone.folder, f"100644 blob {blob}\t{name}\n")
    root = tree_of(clone.folder, f"040000 tree {tree}\tdags\n")
    commit = clone.must("commit-tree", root, "-p", "HEAD", "-m", "x")
    assert clone.push("origin", f"{commit}:main").returncode != 0
    stays(team, before)


def tree_of(folder: os.PathLike[str], lines: str) -> str:
    """The tree itself as bytes: `git mktree` makes no such names."""
    mode, _, rest = lines.rstrip("\n").partition(" ")
    name = rest.partition("\t")[2]
    body = f"{mode.lstrip('0')} {name}".encode() + b"\0" + bytes.fromhex(rest.split()[1])
    stored = b"tree %d\0" % len(body) + body
    digest = hashlib.sha1(stored, usedforsecurity=False).hexdigest()
    path = Path(folder) / ".git/objects" / digest[:2] / digest[2:]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(zlib.compress(stored))
    return digest


def test_what_is_too_large_is_refused_with_its_size(own_server: Server, a_team: Teams) -> None:
    own_server.start(PUSH_LIMIT="5", REPOSITORY_LIMIT="8")
    team = a_team(on=own_server)
    clone, before = team.clone(), own_server.head(team.name)
    clone.commit({"dags/zeros": b"\0" * (6 << 20)})
    assert "remote: refused: 6 MiB of files: at most 5 MiB" in clone.refusal()
    clone.must("reset", "-q", "--hard", before)
    clone.commit({"dags/noise": os.urandom(6 << 20)})
    assert "pack exceeds maximum allowed size" in clone.refusal()
    stays(team, before)
    clone.must("reset", "-q", "--hard", before)
    clone.commit({"dags/noise": os.urandom(4 << 20)})
    assert clone.push().returncode == 0
    clone.commit({"dags/noise": os.urandom(4 << 20)})
    assert "the repository would hold" in clone.refusal()


def test_pushes_at_once_one_is_taken_and_none_is_lost(team: Team) -> None:
    clones = [team.clone(f"clone-{n}") for n in range(4)]
    for n, clone in enumerate(clones):
        clone.commit({f"dags/x{n}.py": "1"})
    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(lambda clone: clone.push(), clones))
    taken = [clone for clone, push in zip(clones, ended, strict=True) if push.returncode == 0]
    assert len(taken) == 1
    assert team.server.head(team.name) == taken[0].head()
    for clone in clones:
        clone.must("pull", "-q", "--rebase", "origin", "main")
        assert clone.push().returncode == 0
    assert clones[-1].must("rev-list", "--count", "HEAD") == "5"


def test_branches_pushed_at_once_all_arrive(team: Team) -> None:
    clones = [team.clone(f"clone-{n}") for n in range(6)]
    for n, clone in enumerate(clones):
        clone.commit({f"dags/x{n}.py": "1"})
    with ThreadPoolExecutor(6) as pool:
        ended = list(pool.map(lambda pair: pair[1].push("origin", f"HEAD:b{pair[0]}"), enumerate(clones)))
    assert [push.returncode for push in ended] == [0] * 6
    branches = clones[0].must("ls-remote", "--heads", "origin").splitlines()
    assert len(branches) == 7


def test_no_answer_begins_before_the_request_has_ended(team: Team) -> None:
    """Traefik would throw away the rest of the request."""
    clone = team.clone()
    old, new = clone.head(), clone.commit({"dags/x.py": "1"})
    line = f"{old} {new} refs/heads/main\0 report-status\n"
    pack = run(clone.folder, "rev-list", "--objects", f"{old}..{new}").stdout
    (clone.folder / "wanted").write_text("\n".join(row.split()[0] for row in pack.splitlines()) + "\n")
    with (clone.folder / "wanted").open() as wanted:
        packed = subprocess.run(
            ["git", "pack-objects", "-q", "--stdout"], cwd=clone.folder, stdin=wanted, capture_output=True, check=True
        ).stdout
    body = f"{len(line) + 4:04x}{line}0000".encode() + packed
    token = b64encode(f"{team.name}:{team.password}".encode()).decode()
    head = (
        f"POST /{team.name}.git/git-receive-pack HTTP/1.1\r\nHost: git\r\nAuthorization: Basic {token}\r\n"
        "Content-Type: application/x-git-receive-pack-request\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", team.server.port)) as connection:
        connection.sendall(head.encode() + b"%x\r\n" % len(body) + body + b"\r\n")
        assert not select.select([connection], [], [], 1)[0]
        connection.sendall(b"0\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    end = time.monotonic() + 10
    while team.server.head(team.name) != new:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_slow_check_holds_up_nobody_else(a_team: Teams, checker: Checker) -> None:
    slow, quick = a_team(checker.check), a_team()
    checker.delay = 30
    clone = slow.clone()
    clone.commit({"dags/x.py": "1"})
    pushing = threading.Thread(target=clone.push, daemon=True)
    pushing.start()
    assert checker.arrived.wait(10)
    slow.clone("reading")
    quick.clone()
    assert pushing.is_alive()
    checker.released.set()
    pushing.join()
    assert slow.server.head(slow.name) == clone.head()


def test_as_many_slow_checks_as_there_may_be_keep_nobody_from_fetching(a_team: Teams, checker: Checker) -> None:
    checker.delay = 50
    teams = [a_team(checker.check) for _ in range(limits.AT_ONCE)]
    clones = [team.clone() for team in teams]
    for clone in clones:
        clone.commit({"dags/x.py": "1"})
    with ThreadPoolExecutor(len(clones)) as pool:
        pushes = [pool.submit(clone.push) for clone in clones]
        end = time.monotonic() + 40
        while len(checker.asked) < len(clones):
            assert time.monotonic() < end
            time.sleep(0.05)
        a_team().clone()
        assert not any(push.done() for push in pushes)
        checker.released.set()
        assert [push.result().returncode for push in pushes] == [0] * len(clones)


def test_access_that_ends_ends_a_push_under_way(a_team: Teams, checker: Checker) -> None:
    team = a_team(checker.check)
    clone, before = team.clone(), team.server.head(team.name)
    clone.commit({"dags/x.py": "1"})
    checker.delay = 3
    with ThreadPoolExecutor(1) as pool:
        pushing = pool.submit(clone.push)
        assert checker.arrived.wait(10)
        assert team.server.admin("DELETE", team.name) == 204
        assert pushing.result().returncode != 0
    stays(team, before)


def test_many_packs_become_one(team: Team) -> None:
    repository = team.server.repository(team.name)
    for number in range(55):
        blob = run(repository, "hash-object", "-w", "--stdin", given=str(number)).stdout
        run(repository, "pack-objects", "-q", "objects/pack/pack", given=blob)
    clone = team.clone()
    clone.commit({"dags/x.py": "1"})
    assert clone.push().returncode == 0
    end = time.monotonic() + 20
    while len(list((repository / "objects/pack").glob("*.pack"))) > 3:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert team.server.head(team.name) == clone.head()
