"""Releases pin digests; a wrong file is named, and the local one holds what this machine pushed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from images import releases
from local.problem import Problem

DIGEST = "sha256:" + "0" * 64
OTHER = "sha256:" + "1" * 64


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLP_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(releases, "FOLDER", tmp_path)


def write(text: str) -> None:
    path = releases.path_of("2026.11")
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def test_a_release_is_read() -> None:
    write(json.dumps({"images": {"mlflow": DIGEST}}))
    assert releases.read("2026.11") == {"mlflow": DIGEST}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "2026.11.json"),
        ("[]", "isn't of the form"),
        ('{"images": []}', "isn't of the form"),
        ('{"images": {}, "other": 1}', "isn't of the form"),
        ('{"images": {"mlflow": "latest"}}', "mlflow is 'latest'"),
        ('{"images": {"mlflow": 1}}', "mlflow is 1"),
        (json.dumps({"images": {"mlflow": DIGEST[:-1]}}), "mlflow is 'sha256:"),
    ],
)
def test_a_wrong_file_is_named(text: str, what: str) -> None:
    write(text)
    with pytest.raises(Problem, match=what):
        releases.read("2026.11")


@pytest.mark.parametrize(("release", "fix"), [("local", "mlp images"), ("2027.1", "images/releases/")])
def test_a_missing_release_says_what_to_do(release: str, fix: str) -> None:
    with pytest.raises(Problem) as caught:
        releases.read(release)
    assert fix in caught.value.fix


def test_what_was_pushed_becomes_the_local_release() -> None:
    releases.record("mlflow", "aaaa", DIGEST, "100.64.0.1:5000")
    releases.record("base", "bbbb", OTHER, "100.64.0.1:5000")
    releases.record("mlflow", "cccc", OTHER, "100.64.0.1:5000")
    releases.write_local()
    assert releases.read("local") == {"base": OTHER, "mlflow": OTHER}


def test_another_registry_starts_anew() -> None:
    releases.record("mlflow", "aaaa", DIGEST, "100.64.0.1:5000")
    releases.record("base", "bbbb", OTHER, "registry.example.org")
    releases.write_local()
    assert releases.read("local") == {"base": OTHER}


def test_an_unchanged_release_isnt_written() -> None:
    releases.record("mlflow", "aaaa", DIGEST, "100.64.0.1:5000")
    before = releases.write_local().stat().st_mtime_ns
    assert releases.write_local().stat().st_mtime_ns == before


def test_the_home_that_it_makes_is_private(tmp_path: Path) -> None:
    releases.record("mlflow", "aaaa", DIGEST, "100.64.0.1:5000")
    assert (tmp_path / "home").stat().st_mode & 0o077 == 0
