"""image.toml is read strictly: what is wrong is named with its file and what would do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from images import catalog
from images.catalog import Image
from local.problem import Problem

BINARY = {"kind": "binary", "binary": "etcd", "smoke": ["/usr/local/bin/etcd"]}


@pytest.mark.parametrize(
    ("table", "what", "fix"),
    [
        ({**BINARY, "nodes": True}, "images/x/image.toml: unknown key 'nodes'", "node"),
        ({}, "kind is None", "binary, containerfile, rootfs"),
        ({"kind": "docker"}, "kind is 'docker'", "binary, containerfile, rootfs"),
        ({**BINARY, "node": "yes"}, "node is 'yes'", "true or false"),
        ({**BINARY, "smoke": "etcd"}, "smoke is 'etcd'", "a list of texts"),
        ({**BINARY, "smoke": [1]}, "smoke is [1]", "a list of texts"),
        ({**BINARY, "binary": ["etcd"]}, "binary is ['etcd']", "a text"),
        ({"kind": "binary", "binary": "etcd"}, "without binary and smoke", "a command to try it"),
        ({"kind": "rootfs", "suite": "trixie"}, "without suite and refreshed", "a date"),
    ],
)
def test_each_mistake_is_named(table: dict[str, Any], what: str, fix: str) -> None:
    with pytest.raises(Problem) as caught:
        catalog.parse("x", table)
    assert what in caught.value.what
    assert fix in caught.value.fix


def test_a_base_that_is_no_image_is_named(checkout: Path, images: Callable[[], dict[str, Image]]) -> None:
    (checkout / "images/app/image.toml").write_text('kind = "containerfile"\nbase = "bas"\n')
    with pytest.raises(Problem, match="base 'bas' isn't an image"):
        images()


def test_bases_in_a_circle_are_said(checkout: Path, images: Callable[[], dict[str, Image]]) -> None:
    (checkout / "images/app/image.toml").write_text('kind = "containerfile"\nbase = "dns"\n')
    (checkout / "images/dns/image.toml").write_text('kind = "containerfile"\nbase = "app"\n')
    with pytest.raises(Problem, match="circle"):
        images()


def test_broken_toml_is_named(checkout: Path, images: Callable[[], dict[str, Image]]) -> None:
    (checkout / "images/app/image.toml").write_text("kind = \n")
    with pytest.raises(Problem, match=r"images/app/image\.toml"):
        images()


def test_bases_come_first(images: Callable[[], dict[str, Image]]) -> None:
    names = list(images())
    assert names.index("base") < names.index("app")
    assert catalog.ancestors(images()["app"], images()) == ("base",)


def test_the_images_that_others_name_are_here() -> None:
    loaded = catalog.load()
    node = "pause kube-apiserver kube-controller-manager kube-scheduler etcd coredns registry"
    node += " local-path-provisioner metrics-server traefik"
    assert {name for name, image in loaded.items() if image.node} == set(node.split())
    assert {name for name, image in loaded.items() if not image.node} >= {
        "base",
        "postgres",
        "object-store",
        "mlflow",
        "training",
    }


def test_what_the_node_needs_cant_be_optional() -> None:
    table = {"kind": "binary", "binary": "x", "smoke": ["x"], "node": True, "optional": True}
    with pytest.raises(Problem) as caught:
        catalog.parse("x", table)
    assert "both optional and the node's" in caught.value.what
