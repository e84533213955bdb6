"""Which browser tests take, and what is said where there is none. It is driven in tests/e2e/browser."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.browser import chromium
from tests.support.browser.chromium import CONFINED, GIVEN, NoBrowserError, find


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs, and a cache without a browser."""
    monkeypatch.setenv("MLP_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def program(folder: Path, name: str, text: str = "exit 0") -> str:
    made = folder / name
    made.write_text(f"#!/bin/sh\n{text}\n")
    made.chmod(0o755)
    return str(made)


def test_what_is_given_is_taken_before_what_is_on_path(programs: Path) -> None:
    there, given = program(programs, "chromium"), program(programs, "mine")
    assert find({"PATH": str(programs)}).command == (there,)
    found = find({"PATH": str(programs), GIVEN: given})
    assert found.command == (given,)
    assert given in found.said


def test_a_given_one_that_is_none_is_named(programs: Path) -> None:
    with pytest.raises(NoBrowserError, match="MLP_BROWSER is '/none'"):
        find({"PATH": str(programs), GIVEN: "/none"})


def test_without_one_debians_is_made_once_and_those_of_other_dates_go(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def make(root: Path) -> None:
        made.append(root)
        root.mkdir()

    monkeypatch.setattr(chromium, "_make", make)
    old = chromium.folder().parent / "of-another-date"
    (old / "usr").mkdir(parents=True)
    for _ in range(2):
        found = find({"PATH": str(programs)})
        assert found.command == (str(CONFINED), str(chromium.folder()))
    assert made == [chromium.folder()]
    assert not old.exists()


def test_another_date_is_another_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    before = chromium.folder()
    monkeypatch.setattr(chromium, "REFRESHED", "2027-01-01")
    assert chromium.folder() != before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes one")
def test_one_that_cannot_be_made_says_why_and_leaves_nothing(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("unshare", "env", "sh"):
        (programs / name).symlink_to(f"/usr/bin/{name}")
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(NoBrowserError, match="no mmdebstrap"):
        find()
    program(programs, "mmdebstrap", "echo the mirror is away >&2; exit 3")
    with pytest.raises(NoBrowserError, match=r"(?s)exit code 3.*the mirror is away"):
        find()
    assert not chromium.folder().exists()


def test_the_script_that_confines_it_is_shell() -> None:
    subprocess.run(["sh", "-n", str(CONFINED)], check=True)
    assert os.access(CONFINED, os.X_OK)
