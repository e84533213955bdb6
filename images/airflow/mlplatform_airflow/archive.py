"""Unpacks a tar that a stranger sent: bounded, regular files and folders below `dags/` alone."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

MOST_BYTES = 64 * 2**20
MOST_FILES = 10_000
TOP = "dags"


class RefusedError(Exception):
    """Why a body isn't an archive that will be looked at; for the pusher to read."""


def unpack(body: bytes, folder: Path) -> Path:
    """Put the archive's files into a folder.

    Returns:
        The folder `dags` in it, which is there even if the archive has no file.

    Raises:
        RefusedError: It isn't a tar, is too large, or has something else than files and folders below `dags/`.
    """
    top = folder / TOP
    top.mkdir()
    size = files = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(body), mode="r:") as archive:
            for member in archive:
                size, files = size + member.size, files + 1
                if size > MOST_BYTES or files > MOST_FILES:
                    raise RefusedError(f"more than {MOST_FILES} files or {MOST_BYTES // 2**20} MiB")
                if member.name.split("/")[0] != TOP:
                    raise RefusedError(f"{member.name} isn't below {TOP}/")
                if not (member.isreg() or member.isdir()):
                    raise RefusedError(f"{member.name} is neither a file nor a folder")
                archive.extract(member, folder, set_attrs=False, filter="data")
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise RefusedError(f"not a tar that can be read: {error}") from error
    return top
