from __future__ import annotations

import dataclasses
import io
import json
import tarfile
import tomllib
from pathlib import Path

import pytest

from local.node import containerd
from local.node.config import NodeConfig
from local.node.layout import Layout
from local.node.machine import Machine
from local.problem import Problem

DIGEST = "sha256:" + "ab" * 32
LAYOUT = Layout(Path("/home/node"), Path("/run/x"))
MACHINE = Machine(1, systemd=False, may_lower_oom_score=True, mtu=1500, resolv_conf=None)
CRI = "io.containerd.grpc.v1.cri"


def archive(path: Path, annotations: dict[str, str] | None) -> Path:
    manifest = {"digest": DIGEST, **({"annotations": annotations} if annotations else {})}
    text = json.dumps({"schemaVersion": 2, "manifests": [manifest]}).encode()
    with tarfile.open(path, "w") as tar:
        entry = tarfile.TarInfo("index.json")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    return path


def test_the_name_is_the_archives_own(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.tar", {"org.opencontainers.image.ref.name": "registry.mlplatform.internal/etcd:0123"})
    assert containerd.references({"etcd": path}) == {"etcd": "registry.mlplatform.internal/etcd:0123"}


@pytest.mark.parametrize("name", ["registry.mlplatform.internal/etcd2:1", "localhost/etcd:1", "0123"])
def test_another_images_archive_is_a_problem(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / "a.tar", {"org.opencontainers.image.ref.name": name})
    with pytest.raises(Problem, match=f"holds {name}"):
        containerd.reference("etcd", path)


def test_what_is_no_named_archive_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_text("no tar")
    with tarfile.open(tmp_path / "b.tar", "w"):
        pass
    archive(tmp_path / "c.tar", None)
    for name in ("a.tar", "b.tar", "c.tar", "absent.tar"):
        with pytest.raises(Problem, match="no OCI archive"):
            containerd.reference("etcd", tmp_path / name)


def test_every_path_is_ours() -> None:
    settings = tomllib.loads(containerd.settings(LAYOUT, MACHINE, "pause:1"))
    assert (settings["root"], settings["state"]) == ("/home/node/containerd", "/run/x/containerd")
    assert settings["grpc"]["address"] == "/run/x/containerd.sock"
    cri = settings["plugins"][CRI]
    assert cri["sandbox_image"] == "pause:1"
    assert cri["cni"]["conf_dir"] == "/home/node/etc/cni"
    assert cri["registry"]["config_path"] == "/home/node/etc/certs.d"
    assert cri["netns_mounts_under_state_dir"] is True
    assert cri["containerd"]["runtimes"]["runc"]["options"]["Root"] == "/run/x/runc"


@pytest.mark.parametrize("lower", [True, False])
def test_without_the_capability_scores_are_left_alone(lower: bool) -> None:
    machine = dataclasses.replace(MACHINE, may_lower_oom_score=lower)
    cri = tomllib.loads(containerd.settings(LAYOUT, machine, "p"))["plugins"][CRI]
    assert cri["restrict_oom_score_adj"] is not lower


@pytest.mark.parametrize(("version", "systemd", "expected"), [(1, True, False), (2, False, False), (2, True, True)])
def test_the_cgroup_driver_is_the_kubelets(version: int, systemd: bool, expected: bool) -> None:
    machine = dataclasses.replace(MACHINE, cgroup_version=1 if version == 1 else 2, systemd=systemd)
    cri = tomllib.loads(containerd.settings(LAYOUT, machine, "p"))["plugins"][CRI]
    assert cri["containerd"]["runtimes"]["runc"]["options"]["SystemdCgroup"] is expected


def test_the_registry_is_reached_by_plain_http() -> None:
    hosts = tomllib.loads(containerd.hosts(NodeConfig(registry_port=5999)))
    assert hosts["server"] == "http://100.64.0.1:5999"
    assert list(hosts["host"]) == ["http://100.64.0.1:5999"]
