"""An archive of a stranger: what is taken, and what isn't."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from images.airflow.mlplatform_airflow import archive


def tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as made:
        for member, content in members:
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
    return target.getvalue()


def file(name: str, content: bytes = b"x = 1\n") -> tuple[tarfile.TarInfo, bytes]:
    return tarfile.TarInfo(name), content


def odd(name: str, kind: bytes) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, "/etc/passwd"
    return member, b""


def test_files_and_folders_come_out(tmp_path: Path) -> None:
    top = archive.unpack(tar(odd("dags", tarfile.DIRTYPE), file("dags/project/daily.py", b"y = 2\n")), tmp_path)
    assert top == tmp_path / "dags"
    assert (top / "project/daily.py").read_bytes() == b"y = 2\n"


def test_an_empty_one_is_a_folder_without_files(tmp_path: Path) -> None:
    assert list(archive.unpack(tar(), tmp_path).iterdir()) == []


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"nonsense" * 200, "not a tar"),
        (tar(file("dags/a.py"))[:700], "not a tar"),
        (tar(file("other/a.py")), "isn't below dags/"),
        (tar(file("/dags/a.py")), "isn't below dags/"),
        (tar(file("dags/../../a.py")), "not a tar that can be read"),
        (tar(odd("dags/link.py", tarfile.SYMTYPE)), "neither a file nor a folder"),
        (tar(odd("dags/link.py", tarfile.LNKTYPE)), "neither a file nor a folder"),
        (tar(odd("dags/pipe", tarfile.FIFOTYPE)), "neither a file nor a folder"),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, body: bytes, why: str) -> None:
    (tmp_path / "inside").mkdir()
    with pytest.raises(archive.RefusedError, match=why):
        archive.unpack(body, tmp_path / "inside")
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]


def test_a_large_one_is_refused_before_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 10)
    with pytest.raises(archive.RefusedError, match="more than"):
        archive.unpack(tar(file("dags/a.py", b"12345678901")), tmp_path)
    assert list(tmp_path.rglob("*.py")) == []


def test_so_is_one_of_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_FILES", 2)
    with pytest.raises(archive.RefusedError, match="more than 2 files"):
        archive.unpack(tar(*(file(f"dags/{n}.py") for n in range(3))), tmp_path)
