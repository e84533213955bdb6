"""The Pulumi engine: the one on PATH, else Pulumi's own release where it can be had, else built from Go modules."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import tarfile
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from local import paths
from local.tasks import Report
from local.toolchain import gobinaries

OLDEST = (3, 200)
VERSION = "3.246.0"
# The archive from the one host, its checksum from the other: one of them alone can't pass off something else.
ARCHIVES = "https://get.pulumi.com/releases/sdk"
CHECKSUMS = f"https://github.com/pulumi/pulumi/releases/download/v{VERSION}/pulumi-{VERSION}-checksums.txt"
CONNECT_SECONDS = 6.0
_ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64"}
_KEPT = re.compile(r"pulumi(-language-python(-exec)?|-analyzer-policy-python|-resource-pulumi-python)?")

Source = Literal["on PATH", "official release", "built from Go modules"]


@dataclass(frozen=True)
class Engine:
    """The Pulumi CLI and where it comes from."""

    path: Path
    source: Source

    def brings(self, plugin: str) -> bool:
        """Whether a plugin lies beside it, as the official release has it."""
        return (self.path.resolve().parent / plugin).exists()


def locate() -> Engine | None:
    """The engine that `ensure` would take now, without installing anything."""
    if (found := _on_path()) is not None:
        return Engine(found, "on PATH")
    if (official := _official()).exists():
        return Engine(official, "official release")
    if (built := gobinaries.path_of("pulumi")).exists():
        return Engine(built, "built from Go modules")
    return None


def ensure(report: Report) -> Engine:
    """Find the engine or get it.

    Raises:
        Problem: It can't be downloaded and can't be built; the text says why.
    """
    if (engine := locate()) is not None:
        report.cached()
        return engine
    try:
        install_official(report)
        return Engine(_official(), "official release")
    except (OSError, EOFError, ValueError, tarfile.TarError) as reason:
        report.say(f"Pulumi's release can't be had here ({reason}): building the engine from Go modules")
    return Engine(gobinaries.build("pulumi", report), "built from Go modules")


def _official() -> Path:
    return paths.cache() / f"pulumi-{VERSION}" / "pulumi"


def _on_path() -> Path | None:
    """The user's own Pulumi: not the copies that our environment puts on PATH, and not one too old to use."""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        program = Path(folder or ".") / "pulumi"
        ours = program.is_relative_to(paths.cache())
        if not ours and shutil.which(program) and new_enough(version_of(program)):
            return program.absolute()
    return None


def version_of(program: Path) -> str:
    """What a Pulumi CLI says its version is; empty if it doesn't run."""
    quiet = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run([program, "version"], capture_output=True, text=True, timeout=20, check=False, env=quiet)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def new_enough(version: str) -> bool:
    """Whether a version as in `v3.246.0` is of major 3 and not too old for this project's SDK."""
    found = re.match(r"v?(\d+)\.(\d+)\.", version)
    return found is not None and int(found[1]) == OLDEST[0] and int(found[2]) >= OLDEST[1]


def install_official(report: Report) -> None:
    """Download Pulumi's release, check it against the published checksum and unpack what a Python program needs.

    Raises:
        OSError: It can't be reached.
        ValueError: There is none for this machine, or its checksum is wrong.
    """
    if (architecture := _ARCHITECTURES.get(platform.machine())) is None:
        raise ValueError(f"there is none for {platform.machine()}")
    name = f"pulumi-v{VERSION}-linux-{architecture}.tar.gz"
    target = _official().parent
    target.parent.mkdir(parents=True, exist_ok=True)
    expected = checksum_of(name, b"".join(_download(CHECKSUMS)).decode())
    report.say(f"downloading {name}")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".pulumi-") as work:
        archive, digest = Path(work) / name, hashlib.sha256()
        with archive.open("wb") as file:
            for block in _download(f"{ARCHIVES}/{name}"):
                digest.update(block)
                file.write(block)
        if digest.hexdigest() != expected:
            raise ValueError(f"{name} has the checksum {digest.hexdigest()} and should have {expected}")
        unpack(archive, Path(work) / "release")
        (Path(work) / "release").rename(target)


def checksum_of(name: str, checksums: str) -> str:
    """The SHA-256 of a file in a list of lines `<hash>  <file>`."""
    for line in checksums.splitlines():
        match line.split():
            case [digest, file] if file.lstrip("*") == name:
                return digest
    raise ValueError(f"no checksum is published for {name}")


def unpack(archive: Path, target: Path) -> None:
    """Take the engine and its Python plugins out of a release, flat; paths in the archive decide nothing."""
    target.mkdir()
    with tarfile.open(archive) as tar:
        for member in tar:
            name = Path(member.name).name
            if member.isfile() and _KEPT.fullmatch(name) and (content := tar.extractfile(member)) is not None:
                with (target / name).open("wb") as file:
                    shutil.copyfileobj(content, file)
                (target / name).chmod(0o755)


def _download(url: str) -> Iterator[bytes]:
    with urllib.request.urlopen(url, timeout=CONNECT_SECONDS) as response:  # noqa: S310 - constant https addresses
        while block := response.read(1 << 20):
            yield block
