"""A checkout's worth of images in a folder of its own, and a cache and a home that no other test sees."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from images import catalog, fingerprint
from images.catalog import Image
from local.toolchain import gobinaries

TREE = {
    "base": 'kind = "rootfs"\nsuite = "trixie"\nrefreshed = "2026-01-01"\npackages = ["python3"]\n',
    "app": 'kind = "containerfile"\nbase = "base"\ncopy = ["code"]\n',
    "dns": 'kind = "binary"\nnode = true\nbinary = "dns"\nsmoke = ["/usr/local/bin/dns", "-version"]\n',
}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with three images and a folder of code."""
    monkeypatch.setenv("MLP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MLP_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MLP_BASE_IMAGE", raising=False)
    images = tmp_path / "checkout" / "images"
    for name, toml in TREE.items():
        (images / name).mkdir(parents=True)
        (images / name / "image.toml").write_text(toml)
        (images / name / "Containerfile").write_text("ARG BASE\nFROM ${BASE}\n")
        (images / name / "smoke.sh").write_text("true\n")
    (images / "tools").mkdir()
    (images / "tools" / "install").write_text("#!/bin/sh\n")
    code = tmp_path / "checkout" / "code"
    code.mkdir()
    (code / "train.py").write_text("print(1)\n")
    for module in (catalog, fingerprint):
        monkeypatch.setattr(module, "FOLDER", images)
    monkeypatch.setattr("local.paths.checkout", lambda: tmp_path / "checkout")
    monkeypatch.setattr(gobinaries, "path_of", lambda name: tmp_path / f"{name}-aaaa")
    return tmp_path / "checkout"


@pytest.fixture
def images(checkout: Path) -> Callable[[], dict[str, Image]]:
    """Read the images as they are on disk now."""
    return lambda: catalog.read(checkout / "images")
