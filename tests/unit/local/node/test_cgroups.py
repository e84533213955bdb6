from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from local.node import cgroups
from local.node.machine import Machine


def a_machine(version: int, systemd: bool = False) -> Machine:
    assert version in (1, 2)
    return Machine(1 if version == 1 else 2, systemd, may_lower_oom_score=True, mtu=1500, resolv_conf=None)


@pytest.fixture
def version_1(tmp_path: Path) -> Path:
    for name in ("memory", "cpuset", "unified"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cgroup.procs").write_text("1\n")
    (tmp_path / "cpuset/cpuset.cpus").write_text("0-3\n")
    (tmp_path / "cpuset/cpuset.mems").write_text("0\n")
    (tmp_path / "memory-link").symlink_to(tmp_path / "memory")
    (tmp_path / "empty").mkdir()
    return tmp_path


def test_version_1_has_a_folder_in_each_hierarchy_once(version_1: Path) -> None:
    tree = cgroups.tree(a_machine(1), version_1)
    assert [folder.parent.name for folder in tree.folders] == ["cpuset", "memory", "unified"]
    assert {folder.name for folder in tree.folders} == {"mlplatform"}


def test_version_1_cpusets_inherit_or_nothing_could_enter(version_1: Path) -> None:
    tree = cgroups.tree(a_machine(1), version_1)
    own = version_1 / "cpuset/mlplatform"
    own.mkdir()
    (own / "cpuset.cpus").write_text("\n")
    (own / "cpuset.mems").write_text("\n")
    tree.create()
    assert (own / "cpuset.cpus").read_text().strip() == "0-3"
    assert (own / "cpuset.mems").read_text().strip() == "0"


def test_version_2_passes_the_controllers_on(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("memory\n")
    (tmp_path / "cgroup.subtree_control").write_text("")
    tree = cgroups.tree(a_machine(2), tmp_path)
    tree.create()
    assert tree.folders == (tmp_path / "mlplatform",)
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+memory"


def test_systemd_is_asked_and_not_bypassed(tmp_path: Path) -> None:
    tree = cgroups.tree(a_machine(2, systemd=True), tmp_path)
    assert tree.folders == (tmp_path / "mlplatform.slice",)
    assert tree.entry("runtime") == []
    first, second = tree.prefix("runtime"), tree.prefix("runtime")
    assert first[:2] == ("systemd-run", "--scope")
    assert "--slice=mlplatform.slice" in first
    assert first != second


def test_entries_are_one_a_hierarchy(version_1: Path) -> None:
    tree = cgroups.tree(a_machine(1), version_1)
    tree.create()
    assert tree.prefix("runtime") == ()
    assert tree.entry("runtime") == [
        version_1 / hierarchy / "mlplatform/runtime/cgroup.procs" for hierarchy in ("cpuset", "memory", "unified")
    ]


def test_processes_are_found_by_the_part_of_the_tree(version_1: Path) -> None:
    tree = cgroups.tree(a_machine(1), version_1)
    for path, pids in {
        "memory/mlplatform/runtime": "11\n12\n",
        "cpuset/mlplatform/runtime": "12\n13\n",
        "memory/mlplatform/kubepods/burstable/podx": f"21\n{os.getpid()}\n",
    }.items():
        (version_1 / path).mkdir(parents=True)
        (version_1 / path / "cgroup.procs").write_text(pids)
    assert tree.pids("runtime") == {11, 12, 13}
    assert tree.pids("kubepods") == {21}
    assert tree.pids() == {11, 12, 13, 21}


def test_remove_goes_deepest_first_and_says_what_is_left(version_1: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    tree = cgroups.tree(a_machine(1), version_1)
    (version_1 / "memory/mlplatform/kubepods/besteffort").mkdir(parents=True)
    held = version_1 / "cpuset/mlplatform/held"
    held.mkdir(parents=True)
    (held / "cgroup.procs").write_text("9\n")
    assert tree.remove() == [held, held.parent]
    assert not (version_1 / "memory/mlplatform").exists()
