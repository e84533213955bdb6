from __future__ import annotations

import stat
from pathlib import Path

from local.node import files


def test_writing_the_same_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x"
    assert files.write(path, "a")
    inode = path.stat().st_ino
    assert not files.write(path, "a")
    assert path.stat().st_ino == inode
    assert files.write(path, "b")
    assert path.read_text() == "b"
    assert [each.name for each in path.parent.iterdir()] == ["x"]


def test_files_are_their_owners_alone_unless_said(tmp_path: Path) -> None:
    files.write(tmp_path / "x", "a")
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o600
    files.write(tmp_path / "x", "a", 0o644)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o644


def test_json_goes_round_and_anything_else_is_none(tmp_path: Path) -> None:
    files.write_json(tmp_path / "x", {"a": [1]})
    assert files.read_json(tmp_path / "x") == {"a": [1]}
    (tmp_path / "x").write_text("{half")
    assert files.read_json(tmp_path / "x") is None
    assert files.read_json(tmp_path / "absent") is None


def test_the_last_lines_of_a_long_log(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("".join(f"line {number}\n" for number in range(10_000)))
    assert files.last_lines(log, 2) == "line 9998\nline 9999"
    assert "can't be read" in files.last_lines(tmp_path / "absent")
