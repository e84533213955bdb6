"""Calls of the pinned Go toolchain, with a sign of life while they run and the compiler's own words when they fail."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local import paths
from local.problem import Problem
from local.tasks import Report

HEARTBEAT_SECONDS = 20.0
LAST_LINES = 12
# What a user's shell may hold that would make another program of the same sources.
_NOT_INHERITED = ("GOFLAGS", "GOROOT", "GOOS", "GOARCH", "GOEXPERIMENT")


def go_environment() -> dict[str, str]:
    """The environment of every call of Go: the pinned toolchain and our own caches, whatever the user's shell says."""
    go = paths.cache() / "go"
    own = {"GOPATH": str(go), "GOCACHE": str(go / "build"), "GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOWORK": "off"}
    return {**{name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}, **own}


@dataclass
class Progress:
    """What `go build -v` said so far: one import path a compiled package, downloads, and else messages."""

    packages: int = 0
    downloads: int = 0
    messages: deque[str] = field(default_factory=lambda: deque[str](maxlen=LAST_LINES))

    def add(self, line: str) -> None:
        """Take in one line of Go's standard error."""
        text = line.rstrip()
        if text.startswith("go: downloading "):
            self.downloads += 1
        elif text and " " not in text and not text.startswith("#"):
            self.packages += 1
        elif text:
            self.messages.append(text)

    def text(self) -> str:
        """How far it is, in a few words."""
        return f"{self.packages} packages compiled" + (f", {self.downloads} modules downloaded" * bool(self.downloads))


def run_go(arguments: Sequence[str], folder: Path, report: Report) -> None:
    """Run `go` in a module's folder and say every 20 s how far it is.

    Raises:
        Problem: It failed; the text has the last lines of what it said.
    """
    go = paths.cache() / "boot" / "bin" / "go"
    if not go.exists():
        raise Problem(f"the Go toolchain isn't at {go}", "run `sh local/bootstrap.sh` (every make target does)")
    start, progress = time.monotonic(), Progress()
    process = subprocess.Popen(
        [str(go), *arguments],
        cwd=folder,
        env=go_environment(),
        text=True,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    reader = threading.Thread(target=_read, args=(process, progress), daemon=True)
    reader.start()
    try:
        while reader.is_alive():
            reader.join(HEARTBEAT_SECONDS)
            if reader.is_alive():
                report.say(f"{progress.text()}, {time.monotonic() - start:.0f} s")
        code = process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if code != 0:
        said = "\n    ".join(progress.messages) or f"it said nothing and ended with {code}"
        raise Problem(
            f"go {arguments[0]} failed in {folder}:\n    {said}",
            "if a download failed, check the network and GOPROXY; if the disk is full, free some; then run the same"
            " again: it goes on where it stopped",
        )


def _read(process: subprocess.Popen[str], progress: Progress) -> None:
    assert process.stderr is not None  # noqa: S101 - a pipe was asked for
    for line in process.stderr:
        progress.add(line)
