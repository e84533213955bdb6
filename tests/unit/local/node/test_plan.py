from __future__ import annotations

import dataclasses
import io
import json
import tarfile
from pathlib import Path

import pytest

from local.node import plan
from local.node.config import NODE_IMAGES, NodeConfig
from local.node.files import write_json
from local.node.layout import Layout
from local.problem import Problem


def archive(path: Path, image: str, tag: str) -> Path:
    name = {"org.opencontainers.image.ref.name": f"registry.mlplatform.internal/{image}:{tag}"}
    text = json.dumps({"manifests": [{"digest": "sha256:" + "0" * 64, "annotations": name}]}).encode()
    with tarfile.open(path, "w") as tar:
        entry = tarfile.TarInfo("index.json")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    return path


@pytest.fixture
def where(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "node", tmp_path / "run")


@pytest.fixture
def archives(tmp_path: Path) -> dict[str, Path]:
    return {name: archive(tmp_path / f"{name}.tar", name, "1") for name in NODE_IMAGES}


def test_equal_inputs_give_equal_plans(where: Layout, archives: dict[str, Path], tmp_path: Path) -> None:
    first = plan.make(NodeConfig(), archives, where)
    moved = {**archives, "etcd": archive(tmp_path / "elsewhere.tar", "etcd", "1")}
    assert plan.make(NodeConfig(), moved, where).fingerprint() == first.fingerprint()


def test_an_image_or_a_port_changes_the_plan(where: Layout, archives: dict[str, Path], tmp_path: Path) -> None:
    changed = {**archives, "etcd": archive(tmp_path / "new.tar", "etcd", "2")}
    plans = [
        plan.make(NodeConfig(), archives, where),
        plan.make(NodeConfig(), changed, where),
        plan.make(NodeConfig(ingress_port=9000), archives, where),
    ]
    assert len({each.fingerprint() for each in plans}) == 3


def test_a_missing_image_is_named(where: Layout, archives: dict[str, Path]) -> None:
    del archives["etcd"]
    with pytest.raises(Problem, match="etcd"):
        plan.make(NodeConfig(), archives, where)


def test_what_the_data_hold_cannot_change(where: Layout, archives: dict[str, Path]) -> None:
    first = plan.make(NodeConfig(), archives, where)
    write_json(where.settings, first.settings())
    plan.make(NodeConfig(ingress_port=9000), archives, where)
    with pytest.raises(Problem) as problem:
        plan.make(NodeConfig(pods="100.64.64.0/20"), archives, where)
    assert "pods is 100.64.16.0/20, not 100.64.64.0/20" in problem.value.what
    assert "mlp purge" in problem.value.fix


def test_the_last_configuration_is_remembered(where: Layout, archives: dict[str, Path]) -> None:
    assert plan.last_config(where) == NodeConfig()
    config = dataclasses.replace(NodeConfig(), ingress_port=9000)
    write_json(where.settings, plan.make(config, archives, where).settings())
    assert plan.last_config(where) == config
