"""Where images are kept while they are built: buildah's storage in the cache, and the one way to call buildah."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path

from local import paths
from local.problem import Problem

PREFIX = "localhost/mlplatform"
LAST_LINES = 15


def root() -> Path:
    """The folder of buildah's storage."""
    return paths.cache() / "containers"


def archives() -> Path:
    """The folder of the node's own images as files."""
    return paths.cache() / "archives"


def reference(name: str, tag: str) -> str:
    """An image's name in the storage."""
    return f"{PREFIX}/{name}:{tag}"


@cache
def driver() -> str:
    """`overlay` where the kernel mounts one over the storage's file system, else the slow `vfs`."""
    root().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root()) as scratch:
        names = ("lower", "upper", "work", "merged")
        lower, upper, work, merged = (Path(scratch, name) for name in names)
        for folder in (lower, upper, work, merged):
            folder.mkdir()
        options = f"lowerdir={lower},upperdir={upper},workdir={work}"
        tried = subprocess.run(
            [*_private_mounts(), "mount", "-t", "overlay", "overlay", "-o", options, str(merged)],
            capture_output=True,
            check=False,
        )
    return "overlay" if tried.returncode == 0 else "vfs"


def _private_mounts() -> list[str]:
    """A mount namespace for each command: even one that is killed leaves no mount on the machine."""
    return ["unshare", "--mount", "--propagation", "private"] if os.geteuid() == 0 else []


def environment() -> dict[str, str]:
    """The environment of every build command; timestamps are those of 1970, so that equal inputs give equal layers."""
    return {**os.environ, "BUILDAH_ISOLATION": "chroot", "SOURCE_DATE_EPOCH": "0", "LC_ALL": "C.UTF-8"}


def run(command: Sequence[str], log: Path, what: str, extra: Mapping[str, str] | None = None) -> str:
    """Run a command with its mounts kept to itself; its output is appended to the log.

    Returns:
        What the command printed on standard output.

    Raises:
        Problem: It failed; with the last lines of its output and the log's path.
    """
    if not shutil.which(command[0]):
        raise Problem(
            f"{what}: {command[0]} isn't installed", f"install the package {command[0]}; `mlp doctor` names all"
        )
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as errors, tempfile.TemporaryFile("w+") as output:
        errors.write(f"+ {' '.join(command)}\n")
        errors.flush()
        start = errors.tell()
        ended = subprocess.run(
            [*_private_mounts(), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env={**environment(), **(extra or {})},
            check=False,
        )
        output.seek(0)
        printed = output.read()
        errors.write(printed)
    if ended.returncode:
        with log.open() as whole:
            whole.seek(start)
            lines = [line for line in whole.read().splitlines() if line.strip()]
        shown = "\n".join(f"    {line[:200]}" for line in lines[-LAST_LINES:])
        raise Problem(f"{what} failed (exit code {ended.returncode})\n{shown}", f"read {log}, correct it, run again")
    return printed


def buildah(arguments: Sequence[str], log: Path, what: str, *, runs_on: bool = False) -> str:
    """Run buildah on the project's own storage.

    Args:
        runs_on: The command must not end by itself: a second later it is ended, and that is success.
    """
    where = ["--root", str(root() / "storage"), "--runroot", str(root() / "run"), "--storage-driver", driver()]
    command = ["buildah", *where, *arguments]
    if runs_on:
        command = ["sh", "-c", 'timeout 1 "$@"; test $? -eq 124', "sh", *command]
    return run(command, log, what)


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Let one process at a time work on an image, and none prune meanwhile."""
    folder = paths.cache() / "images"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as every, (folder / f".{name}.lock").open("w") as one:
        fcntl.flock(every, fcntl.LOCK_SH)
        fcntl.flock(one, fcntl.LOCK_EX)
        yield


def stored() -> set[str]:
    """The references of the images in the storage."""
    if not (root() / "storage").is_dir():
        return set()
    index = root() / "storage" / f"{driver()}-images" / "images.json"
    if not index.is_file():
        return set(_listed())
    # A listing takes a tenth of a second, and each image asks: it counts until the index is another file.
    found = index.stat()
    return set(_listed_of((str(index), found.st_ino, found.st_mtime_ns, found.st_size)))


@lru_cache(maxsize=1)
def _listed_of(index: tuple[str, int, int, int]) -> frozenset[str]:
    return _listed()


def _listed() -> frozenset[str]:
    listed = buildah(["images", "--format", "{{.Name}}:{{.Tag}}"], _log(), "listing images")
    return frozenset(line.strip() for line in listed.splitlines() if line.startswith(PREFIX))


def prune(current: Mapping[str, str]) -> int:
    """Remove images and archives of other tags than the current (name -> tag); returns how many went.

    While another process builds, nothing is removed: one in the making can't be told from an old one.
    """
    (paths.cache() / "images").mkdir(parents=True, exist_ok=True)
    with (paths.cache() / "images" / ".lock").open("w") as every:
        try:
            fcntl.flock(every, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0
        return _prune(current)


def _prune(current: Mapping[str, str]) -> int:
    _sweep()
    keep = {reference(name, tag) for name, tag in current.items()}
    old = stored() - keep
    for found in sorted(old):
        buildah(["rmi", "--force", found], _log(), f"removing {found}")
    if old:
        # The build cache of removed images hangs on no name.
        buildah(["rmi", "--prune", "--force"], _log(), "removing unused layers")
    files = {f"{name}-{tag}.tar" for name, tag in current.items()}
    gone = [path for path in archives().glob("*") if path.name not in files]
    for path in gone:
        path.unlink()
    return len(old) + len(gone)


def _log() -> Path:
    return paths.cache() / "logs" / "images.log"


def _sweep() -> None:
    """Remove what killed builds left: working containers, build contexts, mounted settings."""
    for pattern in ("context-*", "tools-*"):
        for folder in (paths.cache() / "images").glob(pattern):
            shutil.rmtree(folder)
    if (root() / "storage").is_dir():
        for container in buildah(["containers", "--quiet"], _log(), "listing containers").split():
            buildah(["rm", container], _log(), f"removing container {container}")


def disk_usage() -> dict[str, int]:
    """Bytes that the storage and the archives take."""
    return {"image storage": _bytes(root()), "image archives": _bytes(archives())}


def _bytes(folder: Path) -> int:
    if not folder.is_dir():
        return 0
    counted = subprocess.run(["du", "-sk", str(folder)], capture_output=True, text=True, check=False).stdout
    found = re.match(r"\d+", counted)
    return int(found[0]) * 1024 if found else 0
