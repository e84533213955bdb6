"""What a build is given: all that it needs, and nothing that doesn't count for its tag."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from images import context
from images.catalog import Image


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "context").mkdir()
    (tmp_path / "dns-aaaa").write_bytes(b"program")
    return tmp_path / "context"


def test_a_program_alone(images: Callable[[], dict[str, Image]], folder: Path) -> None:
    context.fill(images()["dns"], folder, folder / "log")
    program = folder / "rootfs/usr/local/bin/dns"
    assert program.read_bytes() == b"program"
    assert program.stat().st_mode & 0o777 == 0o755
    assert (folder / "rootfs/tmp").stat().st_mode & 0o7777 == 0o1777
    lines = (folder / "Containerfile").read_text().splitlines()
    assert lines[0] == "FROM scratch"
    assert "USER 10001:10001" in lines
    assert 'ENTRYPOINT ["/usr/local/bin/dns"]' in lines


def test_copied_code_keeps_its_place(checkout: Path, images: Callable[[], dict[str, Image]], folder: Path) -> None:
    (checkout / "code/__pycache__").mkdir()
    (checkout / "code/__pycache__/train.pyc").write_bytes(b"x")
    context.fill(images()["app"], folder, folder / "log")
    assert (folder / "copy/code/train.py").read_text() == "print(1)\n"
    assert not (folder / "copy/code/__pycache__").exists()


def test_a_given_base_replaces_debian(
    checkout: Path, images: Callable[[], dict[str, Image]], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout / "images/base/Containerfile.given").write_text("given\n")
    monkeypatch.setenv("MLP_BASE_IMAGE", "registry.example.org/debian:13")
    context.fill(images()["base"], folder, folder / "log")
    assert (folder / "Containerfile").read_text() == "given\n"
    assert not (folder / "rootfs.tar").exists()


def test_debian_is_made_with_what_the_image_names(
    images: Callable[[], dict[str, Image]], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(context.storage, "run", lambda command, log, what: ran.append(command))
    context.fill(images()["base"], folder, folder / "log")
    ((command),) = ran
    assert command[:3] == ["mmdebstrap", "--variant=minbase", "--include=python3"]
    assert command[-2:] == ["trixie", str(folder / "rootfs.tar")]
