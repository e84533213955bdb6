"""A tag is given after the smoke test and not before; what is there isn't built; settings of the machine stay out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path

import pytest

from images import build, fingerprint, storage
from images.catalog import Image
from local.problem import Problem
from local.tasks import Report


class Buildah:
    """Notes what buildah is asked, and keeps names of images as its storage would."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.names: set[str] = set()
        self.fail = ""

    def __call__(self, arguments: Sequence[str], log: Path, what: str, runs_on: bool = False) -> str:
        self.calls.append(list(arguments))
        if self.fail and arguments[0] == self.fail:
            raise Problem(f"{what} failed", "read the log")
        if arguments[0] == "tag":
            self.names.add(arguments[2])
        return ""

    def said(self, command: str) -> list[list[str]]:
        return [call for call in self.calls if call[0] == command]


@pytest.fixture
def buildah(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Buildah:
    fake = Buildah()
    monkeypatch.setattr(storage, "buildah", fake)
    monkeypatch.setattr(storage, "stored", lambda: fake.names)
    monkeypatch.setattr(build, "FOLDER", checkout / "images")
    (tmp_path / "cache/boot/bin").mkdir(parents=True)
    (tmp_path / "cache/boot/bin/uv").write_bytes(b"uv")
    (tmp_path / "dns-aaaa").write_bytes(b"program")
    return fake


@pytest.fixture
def report() -> Report:
    return Report("image", StringIO())


@pytest.fixture
def app(images: Callable[[], dict[str, Image]], monkeypatch: pytest.MonkeyPatch) -> Image:
    loaded = images()
    for module in (build, fingerprint):
        monkeypatch.setattr(module, "load", lambda: loaded)
    return loaded["app"]


def test_it_is_built_tried_and_then_tagged(app: Image, buildah: Buildah, report: Report) -> None:
    built = build.build(app, report)
    assert built.fresh
    assert [call[0] for call in buildah.calls] == ["bud", "from", "run", "rm", "tag", "rmi"]
    assert buildah.names == {storage.reference("app", fingerprint.tag(app))}
    candidate = buildah.said("bud")[0][buildah.said("bud")[0].index("--tag") + 1]
    assert buildah.said("from")[0][-1] == candidate == buildah.said("rmi")[0][-1]
    assert fingerprint.last_inputs("app")


def test_what_is_there_isnt_built_again(app: Image, buildah: Buildah, report: Report) -> None:
    build.build(app, report)
    buildah.calls.clear()
    again = build.build(app, report)
    assert not again.fresh
    assert report.was_cached
    assert buildah.calls == []


@pytest.mark.parametrize("step", ["bud", "run"])
def test_what_fails_gets_no_tag(app: Image, buildah: Buildah, report: Report, step: str) -> None:
    buildah.fail = step
    with pytest.raises(Problem):
        build.build(app, report)
    assert buildah.names == set()
    assert fingerprint.last_inputs("app") == {}
    # The container and the candidate of a failed smoke test go too.
    assert bool(buildah.said("rm")) == bool(buildah.said("rmi")) == (step == "run")


def test_an_image_without_a_smoke_test_isnt_tagged(
    app: Image, buildah: Buildah, report: Report, checkout: Path
) -> None:
    (checkout / "images/app/smoke.sh").unlink()
    with pytest.raises(Problem, match="app has no smoke test"):
        build.build(app, report)
    assert buildah.names == set()


def test_the_base_is_ours_by_its_tag(app: Image, buildah: Buildah, report: Report) -> None:
    build.build(app, report)
    (call,) = buildah.said("bud")
    assert f"BASE={storage.reference('base', fingerprint.tag(build.load()['base']))}" in call
    assert "--pull-never" in call


def test_the_machines_settings_are_mounted_not_passed(
    app: Image, buildah: Buildah, report: Report, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "ca.crt").write_text("the company's authority")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.crt"))
    monkeypatch.setenv("UV_INDEX_URL", "https://user:it's-secret@index.example.org/simple")
    seen = {}

    def look(folder: Path) -> str:
        seen["text"] = (text := settings(folder))
        seen["authority"] = (folder / "authorities.crt").read_text()
        return text

    settings = build._settings
    monkeypatch.setattr(build, "_settings", look)
    build.build(app, report)
    assert "export UV_INDEX_URL='https://user:it'\\''s-secret@index.example.org/simple'" in seen["text"]
    assert "export SSL_CERT_FILE=/mnt/authorities.crt" in seen["text"]
    assert seen["authority"] == "the company's authority"
    assert "secret" not in str(buildah.calls)
    assert not list((tmp_path / "cache/images").glob("tools-*"))


def test_an_archive_is_used_without_the_storage(
    images: Callable[[], dict[str, Image]], app: Image, buildah: Buildah, report: Report
) -> None:
    dns = images()["dns"]
    path = build.archive_path(dns, fingerprint.tag(dns))
    path.parent.mkdir(parents=True)
    path.touch()
    assert not build.build(dns, report).fresh
    assert build.archive(dns) == path
    assert buildah.calls == []


def test_an_archive_of_what_isnt_built_is_a_problem(
    images: Callable[[], dict[str, Image]], app: Image, buildah: Buildah
) -> None:
    with pytest.raises(Problem, match="dns isn't built"):
        build.archive(images()["dns"])
