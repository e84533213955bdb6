from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

import pytest

from local import node, paths, tasks
from local.node import NodeState
from local.problem import Problem
from mlp import archive, backup, bring_up, graph, restore
from tests.unit.mlp.conftest import Stands
from tests.unit.mlp.test_main import run

CONTENT = {
    "root-secret": "secret",
    "passphrase": "phrase",
    "images.json": "digests",
    "node/node.json": "{}",
    "node/etcd/member/snap/db": "objects",
    "node/volumes/pvc-1/data": "rows",
    "node/registry/blobs/sha256": "layer",
    "node/kubelet/cpu_manager_state": "written again",
}


class Node:
    """The embedded node's state, and what was done to it."""

    def __init__(self) -> None:
        self.status: Literal["stopped", "running", "broken"] = "stopped"
        self.done: list[str] = []

    def down(self, report: tasks.Report) -> None:
        self.status = "stopped"
        self.done.append("down")

    def up(self, made: object) -> None:
        self.status = "running"
        self.done.append("up")


@pytest.fixture
def machine(own_folders: Path, stands: Stands, monkeypatch: pytest.MonkeyPatch) -> Node:
    """A platform whose data are here, stopped."""
    stands("local-platform", platform={})
    for name, text in CONTENT.items():
        (paths.home() / name).parent.mkdir(parents=True, exist_ok=True)
        (paths.home() / name).write_text(text)
    (paths.home() / "node/volumes/pvc-1/data").chmod(0o640)
    (paths.home() / "node/volumes/link").symlink_to("pvc-1")
    made = Node()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(node, "state", lambda: NodeState(made.status))
    monkeypatch.setattr(node, "down", made.down)
    monkeypatch.setattr(graph, "tasks", lambda where, layers: layers)
    monkeypatch.setattr(tasks, "run", made.up)
    return made


@pytest.fixture
def file(machine: Node, tmp_path: Path) -> Path:
    """A backup of it."""
    backup.run(tmp_path / "kept.tar", yes=True)
    return tmp_path / "kept.tar"


def content(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def lose() -> None:
    for part in backup.there():
        subprocess.run(["rm", "-r", paths.home() / part], check=True)


def test_all_is_back_as_it_was(file: Path) -> None:
    before = content(paths.home())
    lose()
    (paths.home() / "node/etcd").mkdir(parents=True)
    (paths.home() / "node/etcd/of another life").touch()
    restore.run(file, replace=True, yes=True)
    assert content(paths.home()) == before
    data = paths.home() / "node/volumes/pvc-1/data"
    assert data.stat().st_mode & 0o777 == 0o640
    assert (paths.home() / "node/volumes/link").readlink() == Path("pvc-1")


def test_extended_attributes_too(machine: Node, tmp_path: Path) -> None:
    # The object store keeps what it knows of an object in them.
    data = paths.home() / "node/volumes/pvc-1/data"
    os.setxattr(data, "user.etag", b"abc")
    backup.run(tmp_path / "kept.tar", yes=True)
    lose()
    restore.run(tmp_path / "kept.tar", replace=False, yes=True)
    assert os.getxattr(data, "user.etag") == b"abc"


def test_on_a_new_machine(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = content(paths.home())
    monkeypatch.setenv("MLP_HOME", str(tmp_path / "new" / "home"))
    assert run(monkeypatch, "restore", str(file), "--yes") == 0
    assert {name: text for name, text in before.items() if "kubelet" not in name}.items() <= content(
        paths.home()
    ).items()
    assert not (paths.home() / "node/kubelet").exists(), "what is written again isn't in it"
    assert paths.home().stat().st_mode & 0o777 == 0o700


def test_only_its_owner_reads_it_and_others_tools_check_it(file: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
    subprocess.run(["sha256sum", "--check", "--quiet", archive.sum_of(file).name], cwd=file.parent, check=True)
    listed = subprocess.run(["tar", "--list", "--file", file], capture_output=True, text=True, check=True).stdout
    assert listed.splitlines()[0] == "backup.json"
    assert "node/etcd/member/snap/db" in listed.splitlines()


def test_the_node_stops_meanwhile_and_runs_again(
    machine: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.status = "running"
    seen: list[str] = []
    writes = archive.write

    def write(file: Path, about: archive.About, home: Path, parts: Iterable[str]) -> None:
        seen.append(machine.status)
        writes(file, about, home, parts)

    monkeypatch.setattr(archive, "write", write)
    assert run(monkeypatch, "backup", str(tmp_path / "kept.tar"), "--yes") == 0
    assert seen == ["stopped"]
    assert machine.done == ["down", "up"]


def test_it_runs_again_also_if_that_fails(
    machine: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.status = "running"
    assert run(monkeypatch, "backup", str(tmp_path / "nowhere" / "kept.tar"), "--yes") == 1
    assert machine.done == ["down", "up"]
    assert "nowhere" in capsys.readouterr().err


def test_nobody_is_stopped_unasked(machine: Node, tmp_path: Path) -> None:
    machine.status = "running"
    with pytest.raises(Problem, match="Stop the platform while its data is copied"):
        backup.run(tmp_path / "kept.tar", yes=False)
    assert machine.done == []


def test_dry_runs_change_nothing(
    file: Path, machine: Node, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before, machine.status = content(paths.home()), "running"
    assert run(monkeypatch, "backup", str(file.parent / "other.tar"), "--dry-run") == 0
    assert run(monkeypatch, "restore", str(file), "--dry-run") == 0
    said = capsys.readouterr().out
    assert "other.tar would get" in said
    assert "node/volumes" in said
    assert f"{file} is whole" in said
    assert not (file.parent / "other.tar").exists()
    assert content(paths.home()).items() >= before.items()
    assert machine.done == []
    damaged(file)
    assert run(monkeypatch, "restore", str(file), "--dry-run") == 1


def test_a_backup_is_not_overwritten(file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(Problem, match="is there already"):
        backup.run(file, yes=True)
    assert file.read_bytes() == before


def test_an_interrupted_one_leaves_no_file(machine: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        backup.run(tmp_path / "kept.tar", yes=True)
    assert not list(tmp_path.glob("kept.tar*"))


def test_no_room(machine: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "size", lambda parts: 2**62)
    with pytest.raises(Problem, match=r"free, and 4194304\.0 TiB are needed"):
        backup.run(tmp_path / "kept.tar", yes=True)


def test_nothing_stands(own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(Problem, match="nothing stands in"):
        backup.run(own_folders / "kept.tar", yes=True)


def test_another_cluster_has_its_own_ways(machine: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLP_KUBE_CONTEXT", "mine")
    monkeypatch.setenv("MLP_REGISTRY", "127.0.0.1:9")
    said = "the data of the platform are on the cluster mine"
    with pytest.raises(Problem, match=said):
        backup.run(tmp_path / "a.tar", yes=True)
    with pytest.raises(Problem, match=said):
        restore.run(tmp_path / "a.tar", replace=False, yes=True)


def test_data_are_not_replaced_unasked(file: Path) -> None:
    (paths.home() / "root-secret").write_text("newer")
    with pytest.raises(Problem, match="has data of a platform, which would be lost"):
        restore.run(file, replace=False, yes=True)
    with pytest.raises(Problem, match="no terminal to ask on"):
        restore.run(file, replace=True, yes=False)
    assert (paths.home() / "root-secret").read_text() == "newer"


def test_a_running_platform_is_not_replaced(file: Path, machine: Node) -> None:
    machine.status = "broken"
    with pytest.raises(Problem, match="the platform runs"):
        restore.run(file, replace=True, yes=True)


def damaged(file: Path) -> None:
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    file.write_bytes(whole)


def shortened(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-10240])


def without_sum(file: Path) -> None:
    archive.sum_of(file).unlink()


def another(file: Path) -> None:
    file.write_bytes(b"something else" * 1000)


def newer(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b'{"format": 1', b'{"format": 2', 1))


def gone(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (damaged, "its SHA-256 is another"),
        (shortened, "its SHA-256 is another"),
        (without_sum, r"kept\.tar\.sha256 is missing"),
        (another, "is no backup that this version of mlp wrote"),
        (newer, "is no backup that this version of mlp wrote"),
        (gone, "can't be read: No such file"),
    ],
)
def test_what_is_not_whole_changes_nothing(file: Path, harm: Callable[[Path], None], said: str) -> None:
    before = content(paths.home())
    harm(file)
    with pytest.raises(Problem, match=said):
        restore.run(file, replace=True, yes=True)
    assert content(paths.home()) == before


def test_an_interrupted_restore_is_ended_before_anything_else(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = content(paths.home())

    def stop(file: Path, home: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(archive, "unpack", stop)
        with pytest.raises(KeyboardInterrupt):
            restore.run(file, replace=True, yes=True)
    with pytest.raises(Problem, match="was interrupted: data is missing") as caught:
        bring_up.run(["foundation"], yes=True)
    assert caught.value.fix == f"mlp restore {file} --replace"
    restore.run(file, replace=True, yes=True)
    assert content(paths.home()) == before
    restore.require_none_half_done()
