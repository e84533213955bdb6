"""The same files give the same bytes; only files and folders are in them."""

from __future__ import annotations

import hashlib
import os
import tarfile
from pathlib import Path

from images.serving.mlplatform_packer import layer


def made(folder: Path, names: tuple[str, ...] = ("b/two", "a", "b/one")) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


def test_the_same_files_give_the_same_bytes_whenever_and_in_whatever_order(tmp_path: Path) -> None:
    first = layer.write(made(tmp_path / "1"), tmp_path / "1.tar")
    other = made(tmp_path / "2", ("b/one", "b/two", "a"))
    os.utime(other / "a", (1, 1))
    (other / "a").chmod(0o600)
    second = layer.write(other, tmp_path / "2.tar")
    assert first.digest == second.digest
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.digest == f"sha256:{hashlib.sha256(first.path.read_bytes()).hexdigest()}"
    assert first.size == first.path.stat().st_size


def test_another_byte_or_right_is_another_layer(tmp_path: Path) -> None:
    folder = made(tmp_path / "m")
    digests = {layer.write(folder, tmp_path / "l.tar").digest}
    (folder / "a").chmod(0o755)
    digests.add(layer.write(folder, tmp_path / "l.tar").digest)
    (folder / "a").write_text("b")
    digests.add(layer.write(folder, tmp_path / "l.tar").digest)
    assert len(digests) == 3


def test_it_is_root_s_below_opt_model_and_has_no_links(tmp_path: Path) -> None:
    folder = made(tmp_path / "m")
    (folder / "link").symlink_to("/etc/passwd")
    with tarfile.open(layer.write(folder, tmp_path / "l.tar").path) as tar:
        members = {member.name: member for member in tar}
        content = tar.extractfile("opt/model/b/two")
        assert content is not None and content.read() == b"b/two"
    assert sorted(members) == ["opt", "opt/model", "opt/model/a", "opt/model/b", "opt/model/b/one", "opt/model/b/two"]
    assert {(member.uid, member.gid, member.mtime) for member in members.values()} == {(0, 0, 0)}
    assert members["opt/model/a"].mode == 0o644 and members["opt/model"].mode == 0o755


def test_a_long_name_is_kept(tmp_path: Path) -> None:
    name = "/".join(["d" * 60] * 3) + "/" + "f" * 90
    folder = made(tmp_path / "m", (name,))
    with tarfile.open(layer.write(folder, tmp_path / "l.tar").path) as tar:
        assert f"opt/model/{name}" in tar.getnames()
