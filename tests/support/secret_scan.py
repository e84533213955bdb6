"""Looks for secrets where none may be: in any of the forms that they are written in, through whole folders and images.

The forms: as it is, URL-encoded, base64 in each of its three alignments (a password inside a longer text that was
encoded as a whole) and hexadecimal. ripgrep does the searching, gigabytes in seconds; it gets the secrets over a pipe
and never as arguments.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import threading
import urllib.parse
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from isal import igzip, igzip_lib

SHORTEST = 12
"""Characters below which a secret is no secret, and would be found everywhere."""
CHUNK = 1 << 20
FILES_AT_ONCE = 500
BLOBS_AT_ONCE = 2
GZIP = b"\x1f\x8b"
RIPGREP = Path(sys.executable).with_name("rg")
"""Of its package: four times as fast as grep with so many texts to look for."""
AS_IT_IS = ("--no-config", "--text", "--encoding=none", "--fixed-strings")
"""Bytes, whatever they seem to be; nothing left out because of what a person has set."""


def forms(secret: str) -> set[bytes]:
    """The ways in which a secret may be written."""
    plain = secret.encode()
    found = {plain, urllib.parse.quote(secret, safe="").encode(), plain.hex().encode()}
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + plain)
        # Characters that also carry bits of what stands before or after are cut off.
        inner = encoded[-(-before * 8 // 6) : (before + len(plain)) * 8 // 6]
        found |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


@dataclass(frozen=True)
class Leak:
    """A secret where it mustn't be."""

    secret: str
    """The name of the secret, never its value."""
    where: str

    def __str__(self) -> str:
        return f"{self.secret} is in {self.where}"


class Scanner:
    """Searches for a set of secrets, given by name."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        for name, value in secrets.items():
            if len(value) < SHORTEST:
                raise ValueError(f"{name} has {len(value)} characters: too short to be searched for, or to be a secret")
        self._forms = {name: forms(value) for name, value in secrets.items()}
        self._patterns = b"\n".join(sorted(set().union(*self._forms.values()))) + b"\n"

    @property
    def names(self) -> list[str]:
        """The names of all secrets."""
        return list(self._forms)

    def text(self, data: bytes, where: str) -> list[Leak]:
        """Search a text that is in memory."""
        return [Leak(name, where) for name, found in self._forms.items() if any(form in data for form in found)]

    def texts(self, texts: Collection[tuple[str, bytes]]) -> list[Leak]:
        """Search many that are in memory, each with where it is from."""
        # All at once: it is rare that one has to be looked at by itself.
        if not self._streamed(data + b"\n" for _, data in texts):
            return []
        return [leak for where, data in texts for leak in self.text(data, where)]

    def files(self, files: Iterable[Path]) -> list[Leak]:
        """Search files as they are."""
        names = [str(file) for file in files if file.is_file() and not file.is_symlink()]
        hits: list[str] = []
        for start in range(0, len(names), FILES_AT_ONCE):
            # 2: a file that went away meanwhile.
            options = ["--files-with-matches", "--null", "--no-messages"]
            out = self._searched(options, names[start : start + FILES_AT_ONCE], allowed=(0, 1, 2))
            hits += [os.fsdecode(name) for name in out.split(b"\0") if name]
        return [leak for hit in hits for leak in self._named(_read(Path(hit)), hit)]

    def folder(self, folder: Path, without: Iterable[str] = ()) -> list[Leak]:
        """Search all files under a folder, without the subfolders whose path has one of the given parts."""
        return self.files(walk(folder, tuple(without)))

    def blobs(self, files: Iterable[Path]) -> list[Leak]:
        """Search image layers and configs: gzip is unpacked, anything else is searched as it is."""
        with ThreadPoolExecutor(BLOBS_AT_ONCE) as pool:
            return [leak for leaks in pool.map(self._blob, files) for leak in leaks]

    def _blob(self, file: Path) -> list[Leak]:
        if not self._streamed(_unpacked(file)):
            return []
        data = b"".join(_unpacked(file))
        return self._named(data, str(file))

    def _named(self, data: bytes, where: str) -> list[Leak]:
        return self.text(data, where) or [Leak("a secret", where)]

    def _streamed(self, chunks: Iterable[bytes]) -> bool:
        process, reader = self._start(["--quiet"], ["-"])
        assert process.stdin is not None
        try:
            for chunk in chunks:
                process.stdin.write(chunk)
            process.stdin.close()
        except BrokenPipeError:  # found: it doesn't read on
            pass
        reader.join()
        return _checked(process, (0, 1)) == 0

    def _searched(self, options: list[str], files: list[str], allowed: tuple[int, ...]) -> bytes:
        process, reader = self._start(options, files)
        assert process.stdin is not None and process.stdout is not None
        process.stdin.close()
        out = process.stdout.read()
        reader.join()
        _checked(process, allowed)
        return out

    def _start(self, options: list[str], files: list[str]) -> tuple[subprocess.Popen[bytes], threading.Thread]:
        read, write = os.pipe()
        process = subprocess.Popen(
            [RIPGREP, *AS_IT_IS, *options, f"--file=/dev/fd/{read}", "--", *files],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            pass_fds=(read,),
        )
        os.close(read)
        writer = threading.Thread(target=self._write_patterns, args=(write,))
        writer.start()
        return process, writer

    def _write_patterns(self, pipe: int) -> None:
        with os.fdopen(pipe, "wb") as file:
            file.write(self._patterns)


def _checked(process: subprocess.Popen[bytes], allowed: tuple[int, ...]) -> int:
    code = process.wait()
    if process.stdout is not None:
        process.stdout.close()
    if code not in allowed:
        raise RuntimeError(f"ripgrep exited {code}")
    return code


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _unpacked(file: Path) -> Iterator[bytes]:
    with file.open("rb") as raw:
        packed = raw.read(2) == GZIP
        raw.seek(0)
        stream = igzip.IGzipFile(fileobj=raw) if packed else raw
        try:
            while chunk := stream.read(CHUNK):
                yield chunk
        except (OSError, EOFError, zlib.error, igzip_lib.IsalError):
            # Not gzip after all (it only starts like it): search what is there.
            raw.seek(0)
            while chunk := raw.read(CHUNK):
                yield chunk


def walk(folder: Path, without: tuple[str, ...] = ()) -> Iterator[Path]:
    """All plain files under a folder; what vanishes meanwhile is left out."""
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in without]
        for name in files:
            yield Path(root) / name


def image_blobs(folders: Iterable[Path]) -> list[Path]:
    """Layers, configs and manifests in registries' and containerd's stores under these folders, each digest once."""
    found: dict[str, Path] = {}
    for folder in folders:
        for file in walk(folder):
            if "sha256" in file.parts and "blobs" in file.parts:
                # A registry keeps <digest>/data, containerd the digest as file name.
                found.setdefault(file.parent.name if file.name == "data" else file.name, file)
    return list(found.values())
