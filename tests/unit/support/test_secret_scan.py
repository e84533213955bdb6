"""The search for secrets finds what is planted, in every form and place, and nothing else."""

from __future__ import annotations

import base64
import gzip
import secrets
import urllib.parse
from pathlib import Path

import pytest

from tests.support.secret_scan import Leak, Scanner, forms, image_blobs

SECRET = "k3-Zq_T9vX/2+bLw==y7"
WRITTEN = {
    "plain": SECRET.encode(),
    "in a URL": f"postgresql://mlflow:{urllib.parse.quote(SECRET, safe='')}@postgres/mlflow".encode(),
    "base64": base64.b64encode(SECRET.encode()),
    "base64 of a longer text": base64.b64encode(f"user:{SECRET}@host".encode()),
    "base64 of a longer text, shifted by one": base64.b64encode(f"users:{SECRET}@host".encode()),
    "base64 for URLs": base64.urlsafe_b64encode(f"users:{SECRET}@hos".encode()),
    "hexadecimal": SECRET.encode().hex().encode(),
}


@pytest.fixture
def scanner() -> Scanner:
    others = {f"other-{number}": secrets.token_urlsafe(32) for number in range(20)}
    return Scanner({"password": SECRET, **others})


@pytest.mark.parametrize("form", WRITTEN)
def test_finds_each_form(scanner: Scanner, tmp_path: Path, form: str) -> None:
    planted = tmp_path / "a" / "planted"
    planted.parent.mkdir()
    planted.write_bytes(b"\x00\xff binary \n" + WRITTEN[form] + b"\x00")
    assert scanner.folder(tmp_path) == [Leak("password", str(planted))]
    assert scanner.blobs([planted]) == [Leak("password", str(planted))]
    planted.write_bytes(gzip.compress(planted.read_bytes()))
    assert scanner.blobs([planted]) == [Leak("password", str(planted))]


def test_finds_nothing_where_nothing_is(scanner: Scanner, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / str(number)).write_bytes(secrets.token_bytes(1 << 20))
    assert scanner.folder(tmp_path) == []
    assert scanner.blobs(tmp_path.iterdir()) == []


def test_of_many_texts_it_names_the_one(scanner: Scanner) -> None:
    texts = [(str(number), secrets.token_bytes(1000)) for number in range(100)]
    assert scanner.texts(texts) == []
    # Also where another is called the same.
    texts.insert(8, ("7", SECRET.encode()))
    assert scanner.texts(texts) == [Leak("password", "7")]
    # What begins in one and ends in another is in neither.
    assert scanner.texts([("a", SECRET[:9].encode()), ("b", SECRET[9:].encode())]) == []


def test_leaves_out_what_it_is_told_to(scanner: Scanner, tmp_path: Path) -> None:
    (tmp_path / "etcd").mkdir()
    (tmp_path / "etcd" / "planted").write_text(SECRET)
    assert scanner.folder(tmp_path, without=["etcd"]) == []


def test_a_cut_gzip_is_searched_all_the_same(scanner: Scanner, tmp_path: Path) -> None:
    (tmp_path / "cut").write_bytes(gzip.compress(b"")[:8] + SECRET.encode())
    assert [leak.secret for leak in scanner.blobs([tmp_path / "cut"])] == ["password"]


def test_says_never_the_secret_itself(scanner: Scanner, tmp_path: Path) -> None:
    (tmp_path / "planted").write_text(SECRET)
    [leak] = scanner.folder(tmp_path)
    assert SECRET not in str(leak)
    assert "password" in str(leak)


def test_refuses_a_secret_that_would_be_found_everywhere() -> None:
    with pytest.raises(ValueError, match="too short"):
        Scanner({"password": "admin"})


def test_no_form_is_so_short_that_it_is_found_by_chance() -> None:
    assert min(len(form) for form in forms("x" * 12)) >= 12


def test_finds_the_blobs_of_both_kinds_of_store_once(tmp_path: Path) -> None:
    registry = tmp_path / "docker/registry/v2/blobs/sha256/ab/abc/data"
    containerd = tmp_path / "content/blobs/sha256/abc"
    other = tmp_path / "content/blobs/sha256/def"
    for file in (registry, containerd, other):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    found = image_blobs([tmp_path])
    assert len(found) == 2
    assert {"abc", "def"} == {file.parent.name if file.name == "data" else file.name for file in found}
