from __future__ import annotations

import socket
from pathlib import Path

import pytest

from local.node import cgroups, cleanup, mounts
from local.node.layout import Layout
from local.problem import Problem


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    layout = Layout(tmp_path / "node", tmp_path / "run")
    for folder in (layout.data / "etcd", layout.run / "containerd"):
        folder.mkdir(parents=True)
    monkeypatch.setattr(cleanup, "SHIM_SOCKETS", tmp_path / "containerd/s")
    monkeypatch.setattr(cleanup, "CNI_RESULTS", tmp_path / "cni/results")
    monkeypatch.setattr(cleanup, "DEVICE_PLUGINS", tmp_path / "kubelet/device-plugins")
    monkeypatch.setattr(cleanup, "LOG_LINKS", tmp_path / "containers")
    return layout


TREE = cgroups.Tree(folders=(), systemd=False)


def test_the_run_folder_goes_and_the_data_stay(where: Layout) -> None:
    assert cleanup.leftovers(where, TREE) == []
    assert not where.run.exists()
    assert where.etcd.is_dir()


def test_sockets_nobody_listens_on_go_and_others_stay(where: Layout) -> None:
    cleanup.SHIM_SOCKETS.mkdir(parents=True)
    dead, alive = cleanup.SHIM_SOCKETS / "dead", cleanup.SHIM_SOCKETS / "alive"
    with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as other:
        one.bind(str(dead))
        one.close()
        other.bind(str(alive))
        cleanup.leftovers(where, TREE)
        assert list(cleanup.SHIM_SOCKETS.iterdir()) == [alive]
    cleanup.leftovers(where, TREE)
    assert not cleanup.SHIM_SOCKETS.parent.exists()


def test_only_links_to_our_logs_go(where: Layout) -> None:
    cleanup.LOG_LINKS.mkdir()
    (cleanup.LOG_LINKS / "ours").symlink_to(where.logs / "pods/x/0.log")
    (cleanup.LOG_LINKS / "other").symlink_to("/somewhere/else.log")
    cleanup.leftovers(where, TREE)
    assert [path.name for path in cleanup.LOG_LINKS.iterdir()] == ["other"]


def test_purge_takes_data_and_the_files_about_our_pods_alone(where: Layout) -> None:
    cleanup.CNI_RESULTS.mkdir(parents=True)
    cleanup.DEVICE_PLUGINS.mkdir(parents=True)
    (cleanup.DEVICE_PLUGINS / "kubelet_internal_checkpoint").touch()
    for name in ("mlplatform-abc-eth0", "cni-loopback-abc-lo", "cni-loopback-other-lo"):
        (cleanup.CNI_RESULTS / name).touch()
    cleanup.data(where)
    assert not where.data.exists()
    assert [path.name for path in cleanup.CNI_RESULTS.iterdir()] == ["cni-loopback-other-lo"]
    assert not cleanup.DEVICE_PLUGINS.parent.exists()


def test_purge_never_goes_into_a_mount(where: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounts, "below", lambda folders, text: [where.volumes / "disk"])
    with pytest.raises(Problem, match="volumes/disk"):
        cleanup.data(where)
    assert where.etcd.is_dir()
