"""A folder as a layer of an image: the same files give the same bytes, whoever packs them and when."""

from __future__ import annotations

import hashlib
import os
import stat
import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

TOP = PurePosixPath("opt/model")


@dataclass(frozen=True)
class Layer:
    """A tar, uncompressed: compressors differ, and what is large in a model is compressed already."""

    path: Path
    digest: str
    size: int


class _Hashing:
    """A file that is hashed while it is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.sum, self.size = file, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self.sum.update(data)
        self.size += len(data)
        return self._file.write(data)


def write(folder: Path, target: Path) -> Layer:
    """Write a folder's files as /opt/model. Links and the like aren't files: they stay behind."""
    with target.open("wb") as file:
        hashing = _Hashing(file)
        with tarfile.open(fileobj=hashing, mode="w|", format=tarfile.PAX_FORMAT) as tar:  # type: ignore[call-overload]
            for parent in reversed(TOP.parents):
                if parent.name:
                    tar.addfile(_entry(str(parent), tarfile.DIRTYPE))
            tar.addfile(_entry(str(TOP), tarfile.DIRTYPE))
            for path in sorted(folder.rglob("*")):
                name = str(TOP / path.relative_to(folder).as_posix())
                kind = path.lstat().st_mode
                if stat.S_ISDIR(kind):
                    tar.addfile(_entry(name, tarfile.DIRTYPE))
                elif stat.S_ISREG(kind):
                    entry = _entry(name, tarfile.REGTYPE, executable=os.access(path, os.X_OK) and bool(kind & 0o100))
                    entry.size = path.stat().st_size
                    with path.open("rb") as content:
                        tar.addfile(entry, content)
    return Layer(target, f"sha256:{hashing.sum.hexdigest()}", hashing.size)


def _entry(name: str, kind: bytes, *, executable: bool = False) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type = kind
    entry.mode = 0o755 if executable or kind == tarfile.DIRTYPE else 0o644
    entry.mtime = entry.uid = entry.gid = 0
    return entry
