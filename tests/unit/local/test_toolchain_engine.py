"""Which Pulumi engine is taken, and how an official release is checked."""

from __future__ import annotations

import hashlib
import io
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from local.tasks import Report
from local.toolchain import engine, gobinaries


@pytest.fixture
def report() -> Report:
    return Report("test", io.StringIO())


@pytest.fixture(autouse=True)
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr(engine, "CONNECT_SECONDS", 2.0)
    monkeypatch.setattr(engine.platform, "machine", lambda: "x86_64")
    return tmp_path


def program(file: Path, version: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\necho {version}\n")
    file.chmod(0o755)
    return file


def archive(names: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in names.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content.encode()))
    return packed.getvalue()


RELEASE = archive(
    {"pulumi/pulumi": "engine", "pulumi/pulumi-language-python": "host", "pulumi/pulumi-language-go": "no"}
)


@pytest.fixture
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes, str], None]:
    """Publishes a release with a checksum, as Pulumi's two servers do."""

    def publish(content: bytes, digest: str) -> None:
        name = f"pulumi-v{engine.VERSION}-linux-x64.tar.gz"
        (tmp_path / name).write_bytes(content)
        (tmp_path / "checksums.txt").write_text(f"{'0' * 64}  another.tar.gz\n{digest}  {name}\n")
        monkeypatch.setattr(engine, "ARCHIVES", tmp_path.as_uri())
        monkeypatch.setattr(engine, "CHECKSUMS", (tmp_path / "checksums.txt").as_uri())

    return publish


@pytest.mark.parametrize(
    ("version", "taken"),
    [
        ("v3.246.0", True),
        ("v3.200.0", True),
        ("3.251.1-dev", True),
        ("v3.199.9", False),
        ("v4.0.0", False),
        ("", False),
    ],
)
def test_versions(version: str, taken: bool) -> None:
    assert engine.new_enough(version) is taken


def test_the_users_own_engine_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Report) -> None:
    program(gobinaries.path_of("pulumi"), "v3.246.0")
    own = program(tmp_path / "own" / "pulumi", "v3.251.0")
    monkeypatch.setenv("PATH", f"{own.parent}:/usr/bin:/bin")
    assert engine.ensure(report) == engine.Engine(own, "on PATH")
    assert report.was_cached


@pytest.mark.parametrize("folder", ["old", "cache/plugins-0123/bin"])
def test_an_old_one_and_our_own_copy_on_path_are_passed_over(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = program(tmp_path / folder / "pulumi", "v3.246.0" if folder.startswith("cache") else "v3.99.0")
    monkeypatch.setenv("PATH", f"{found.parent}:/usr/bin:/bin")
    built = program(gobinaries.path_of("pulumi"), "v3.246.0")
    assert engine.locate() == engine.Engine(built, "built from Go modules")


def test_nothing_there() -> None:
    assert engine.locate() is None


def test_the_official_release_is_unpacked(publish: Callable[[bytes, str], None], report: Report) -> None:
    publish(RELEASE, hashlib.sha256(RELEASE).hexdigest())
    found = engine.ensure(report)
    assert found.source == "official release"
    assert found.path.read_text() == "engine"
    assert found.path.stat().st_mode & stat.S_IXUSR
    assert found.brings("pulumi-language-python")
    assert sorted(file.name for file in found.path.parent.iterdir()) == ["pulumi", "pulumi-language-python"]
    assert engine.locate() == found


@pytest.mark.parametrize("trouble", ["wrong checksum", "no checksum", "unreachable", "cut off"])
def test_otherwise_it_is_built(
    trouble: str, publish: Callable[[bytes, str], None], monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    content = RELEASE[:50] if trouble == "cut off" else RELEASE
    publish(content, "0" * 64 if trouble == "wrong checksum" else hashlib.sha256(content).hexdigest())
    if trouble == "no checksum":
        monkeypatch.setattr(engine.platform, "machine", lambda: "aarch64")
    if trouble == "unreachable":
        monkeypatch.setattr(engine, "CHECKSUMS", "https://127.0.0.1:1/checksums.txt")
    built = gobinaries.path_of("pulumi")
    monkeypatch.setattr(gobinaries, "build", lambda name, _: program(built, "v3.246.0"))
    assert engine.ensure(report) == engine.Engine(built, "built from Go modules")
    assert isinstance(report.out, io.StringIO)
    assert "building the engine from Go modules" in report.out.getvalue()
    assert [file.name for file in built.parent.parent.iterdir()] == ["bin"], "something half-way was left"


def test_paths_in_an_archive_decide_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(archive({"../../pulumi": "engine", "pulumi/../../evil": "x"}))
    engine.unpack(tmp_path / "a.tar.gz", tmp_path / "out")
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["pulumi"]
    assert not (tmp_path.parent / "evil").exists()
