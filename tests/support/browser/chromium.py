"""Which browser the tests use, and Debian's as a folder of the cache: nothing of the machine's packages changes."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local import paths

CONFINED = Path(__file__).parent / "confined"
GIVEN = "MLP_BROWSER"
NAMES = ("chromium", "google-chrome", "google-chrome-stable", "chromium-headless-shell")
SUITE = "trixie"
PACKAGES = ("chromium-headless-shell", "fonts-dejavu-core")
REFRESHED = "2026-11-29"
"""A new date takes in Debian's updates."""
EXCLUDED = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*")
SECONDS = 600


class NoBrowserError(Exception):
    """There is none, and none can be made; says why and what would do."""


@dataclass(frozen=True)
class Browser:
    """A command that takes Chromium's arguments."""

    command: tuple[str, ...]
    said: str
    """What it is, for a person."""


def find(environment: Mapping[str, str] = os.environ) -> Browser:
    """The browser that is given, else one that is there, else Debian's own.

    Raises:
        NoBrowserError: What is given isn't one, or none is there and none can be made.
    """
    if given := environment.get(GIVEN):
        if shutil.which(given, path=environment.get("PATH")) is None:
            raise NoBrowserError(f"{GIVEN} is {given!r}, which isn't a program: name a Chromium, or unset it")
        return Browser((given,), f"{given}, as {GIVEN} says")
    for name in NAMES:
        if found := shutil.which(name, path=environment.get("PATH", "")):
            return Browser((found,), f"{found}, found on PATH")
    root = debian()
    return Browser((str(CONFINED), str(root)), f"Debian's chromium-headless-shell in {root}")


def command() -> list[str]:
    """How Debian's root file system is made, without its target."""
    made = ["mmdebstrap", "--quiet", "--variant=essential", f"--include={','.join(PACKAGES)}"]
    return [*made, *(f"--dpkgopt=path-exclude={pattern}" for pattern in EXCLUDED), SUITE]


def folder() -> Path:
    """Where Debian's is, or will be: named by all that decides what is in it."""
    text = "\n".join([*command(), REFRESHED, os.uname().machine])
    return paths.cache() / "browser" / hashlib.sha256(text.encode()).hexdigest()[:16]


def debian() -> Path:
    """Debian's Chromium, made unless it is there; those of other dates go.

    Raises:
        NoBrowserError: It can't be made.
    """
    root = folder()
    root.parent.mkdir(parents=True, exist_ok=True)
    with (root.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.is_dir():
            # Also what was cut short.
            for old in root.parent.iterdir():
                if old.is_dir():
                    shutil.rmtree(old)
            _make(root)
    return root


def _make(root: Path) -> None:
    if os.geteuid() != 0:
        raise NoBrowserError(f"no browser on PATH, and only root can make one here: install chromium, or set {GIVEN}")
    if shutil.which("mmdebstrap") is None:
        raise NoBrowserError("no browser on PATH, and no mmdebstrap to make one: `mlp doctor` names what lacks")
    fresh = root.with_suffix(".new")
    # Its mounts are its own: one that is killed leaves none behind, and what is removed is never /proc or /dev.
    made = ["unshare", "--mount", "--propagation", "private", *command(), str(fresh)]
    ended = subprocess.run(made, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False)
    if ended.returncode:
        last = "\n".join(ended.stderr.splitlines()[-15:])
        raise NoBrowserError(f"Debian's Chromium can't be made (exit code {ended.returncode}):\n{last}")
    fresh.rename(root)
