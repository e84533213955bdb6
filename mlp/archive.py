"""The file of a backup: a tar archive that says first what it is, with its SHA-256 beside it as `sha256sum` writes it.

`backup.json` is the first entry; what `PARTS` of MLP_HOME hold follows, with owners and extended attributes.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

from local.problem import Problem
from mlp import console

PARTS = (
    "root-secret",
    "passphrase",
    "state",
    "images.json",
    "node/node.json",
    "node/pki",
    "node/etcd",
    "node/volumes",
    "node/registry",
)
"""Below MLP_HOME: secrets, Pulumi's backend, what was pushed, certificates, Kubernetes' objects, volumes, images. All
else there is written again by `mlp up`."""
FORMAT = 1
ABOUT = "backup.json"
BLOCK = 2**20
SAY_SECONDS = 5.0


@dataclass(frozen=True)
class About:
    """What a backup says of itself."""

    format: int
    made: str
    """RFC 3339."""
    size: int
    """Bytes that it takes when it is back."""


def write(file: Path, about: About, home: Path, parts: Iterable[str]) -> None:
    """Write it and its sum, readable by the owner alone. What has the name is whole: until then it has another.

    Raises:
        Problem: Something can't be read.
    """
    unfinished = file.with_name(f"{file.name}.part")
    command = ["tar", "--create", "--format=posix", "--xattrs", "--numeric-owner", "--sparse"]
    content = _output_of([*command, "--directory", str(home), *parts])
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            digest = hashlib.sha256()
            for block in _told("copied", about.size, chain([_head(about)], content)):
                out.write(block)
                digest.update(block)
            out.flush()
            os.fsync(out.fileno())
        sum_of(file).write_text(f"{digest.hexdigest()}  {file.name}\n")
        unfinished.rename(file)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        sum_of(file).unlink(missing_ok=True)
        raise


def read_about(file: Path) -> About:
    """What a file says of itself.

    Raises:
        Problem: It isn't there, or no backup that this version reads.
    """
    about = None
    try:
        with tarfile.open(file, mode="r:") as archive:
            first = archive.next()
            if first is not None and first.name == ABOUT and (text := archive.extractfile(first)) is not None:
                about = About(**json.load(text))
    except OSError as error:
        raise Problem(f"{file} can't be read: {error.strerror or error}", "name a file of `mlp backup`") from None
    except (tarfile.TarError, ValueError, TypeError):
        pass
    if about is None or about.format != FORMAT:
        raise Problem(f"{file} is no backup that this version of mlp wrote", "name a file of `mlp backup`")
    return about


def require_whole(file: Path) -> None:
    """Compare it with its sum.

    Raises:
        Problem: It is another, or the sum is missing.
    """
    try:
        wanted = sum_of(file).read_text().split()[0]
    except (OSError, IndexError):
        raise Problem(f"{sum_of(file)} is missing: is {file} whole?", "put the sum beside the file") from None
    digest = hashlib.sha256()
    with file.open("rb") as content:
        for block in _told("checked", file.stat().st_size, iter(lambda: content.read(BLOCK), b"")):
            digest.update(block)
    if digest.hexdigest() != wanted:
        raise Problem(f"{file} isn't what was written: its SHA-256 is another", "use another copy of it")


def unpack(file: Path, home: Path) -> None:
    """Put its parts where they were.

    Raises:
        Problem: That doesn't work.
    """
    command = ["tar", "--extract", "--xattrs", "--numeric-owner", "--same-permissions", "--same-owner"]
    for _ in _output_of([*command, "--directory", str(home), f"--exclude={ABOUT}", "--file", str(file)]):
        pass


def sum_of(file: Path) -> Path:
    """The file with its sum."""
    return file.with_name(f"{file.name}.sha256")


def _head(about: About) -> bytes:
    """The first entry without an end of the archive: the rest goes on behind it."""
    text, whole = json.dumps(asdict(about)).encode(), io.BytesIO()
    entry = tarfile.TarInfo(ABOUT)
    entry.size, entry.mtime, entry.mode = len(text), int(time.time()), 0o600
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(entry, io.BytesIO(text))
        return whole.getvalue()[: archive.offset]


def _output_of(command: list[str]) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as said, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said) as process:
        assert process.stdout is not None  # noqa: S101 - asked for
        while block := process.stdout.read(BLOCK):
            yield block
        if process.wait() != 0:
            said.seek(0)
            raise Problem(f"`tar` failed: {said.read().decode(errors='replace').strip()[-300:]}", "see what it says")


def _told(what: str, size: int, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same blocks, with a line about how far they are every few seconds."""
    done, said = 0, time.monotonic()
    for block in blocks:
        yield block
        done += len(block)
        if time.monotonic() - said > SAY_SECONDS:
            said = time.monotonic()
            console.say(f"  {what} {console.size(done)} of about {console.size(size)}")
