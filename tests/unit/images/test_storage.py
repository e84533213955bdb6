"""Commands that fail say why and where to read on; pruning keeps what is current."""

from __future__ import annotations

import fcntl
from collections.abc import Sequence
from pathlib import Path

import pytest

from images import storage
from local.problem import Problem


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(storage, "_private_mounts", list)


def test_a_failure_shows_the_end_of_its_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "image.log"
    storage.run(["echo", "an earlier step"], log, "building x")
    with pytest.raises(Problem) as caught:
        storage.run(["sh", "-c", "for n in $(seq 40); do echo line-$n >&2; done; exit 3"], log, "building x")
    assert "building x failed (exit code 3)" in caught.value.what
    assert "line-40" in caught.value.what
    assert "line-25\n" not in caught.value.what
    assert "an earlier step" not in caught.value.what
    assert str(log) in caught.value.fix
    assert "an earlier step" in log.read_text()


def test_a_missing_tool_is_named(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="no-such-tool isn't installed"):
        storage.run(["no-such-tool"], tmp_path / "log", "building x")


def test_prune_keeps_what_is_current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[str]] = []

    def buildah(arguments: Sequence[str], log: Path, what: str) -> str:
        calls.append(list(arguments))
        return "abc\n" if arguments[0] == "containers" else ""

    monkeypatch.setattr(storage, "buildah", buildah)
    (storage.root() / "storage").mkdir(parents=True)
    (tmp_path / "cache/images/tools-x").mkdir(parents=True)
    monkeypatch.setattr(storage, "stored", lambda: {storage.reference("a", "new"), storage.reference("a", "old")})
    storage.archives().mkdir(parents=True)
    for name in ("a-new.tar", "a-old.tar", "a-half.new"):
        (storage.archives() / name).touch()
    assert storage.prune({"a": "new"}) == 3
    assert calls[:2] == [["containers", "--quiet"], ["rm", "abc"]], "a killed build's container stayed"
    assert not (tmp_path / "cache/images/tools-x").exists()
    assert calls[2] == ["rmi", "--force", storage.reference("a", "old")]
    assert [path.name for path in storage.archives().iterdir()] == ["a-new.tar"]


def test_prune_leaves_all_while_another_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "stored", lambda: pytest.fail("looked at the storage"))
    storage.archives().mkdir(parents=True)
    (storage.archives() / "a-old.tar").touch()
    with storage.locked("b"):
        assert storage.prune({}) == 0
    assert (storage.archives() / "a-old.tar").exists()


def test_one_process_at_a_time_on_an_image(tmp_path: Path) -> None:
    lock = tmp_path / "cache/images/.a.lock"
    with storage.locked("a"), lock.open("w") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with (tmp_path / "cache/images/.a.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_disk_usage_counts_archives() -> None:
    storage.archives().mkdir(parents=True)
    (storage.archives() / "a.tar").write_bytes(b"x" * 100_000)
    used = storage.disk_usage()
    assert used["image archives"] >= 100_000
    assert used["image storage"] == 0
