"""Locks of Pulumi's file backend: one left by a killed engine is cleared, any other is explained."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from local import paths
from local.problem import Problem
from mlp import console
from mlp.console import Say

PROJECT = "mlplatform"
# The engine writes its start time into the lock; the process itself started a little before that.
TOLERANCE_SECONDS = 2.0


@dataclass(frozen=True)
class Lock:
    """One lock file, as the engine writes it (pkg/backend/diy/lock.go)."""

    path: Path
    pid: int
    username: str
    hostname: str
    since: datetime


def read(stack: str) -> list[Lock]:
    """The locks that a stack has now."""
    folder = paths.backend() / ".pulumi" / "locks" / "organization" / PROJECT / stack
    return [lock for path in sorted(folder.glob("*.json")) if (lock := _parse(path)) is not None]


def _parse(path: Path) -> Lock | None:
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:  # its owner ended just now
        return None
    except ValueError:  # killed while writing it: nobody can own what nobody can read
        content = {}
    try:
        since = datetime.fromisoformat(str(content.get("timestamp", ""))[:19]).replace(tzinfo=UTC)
    except ValueError:
        since = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Lock(path, int(content.get("pid", 0)), content.get("username", "?"), content.get("hostname", ""), since)


def started(pid: int) -> float | None:
    """When a process of this machine started (seconds since the epoch); None if there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return _started_without_proc(pid)
    if fields[0] == "Z":
        return None
    boot = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime"))
    return int(boot.split()[1]) + int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _started_without_proc(pid: int) -> float | None:
    """Other systems than Linux: it exists or not; taken as old enough to be the owner."""
    if Path("/proc/self/stat").exists() or pid <= 0:
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return 0.0


def is_left_over(lock: Lock, hostname: str, start_of: Callable[[int], float | None]) -> bool:
    """Whether the process that took the lock is known to be gone.

    A process that started after the lock was taken got a used number again (after a reboot, say) and isn't its owner.
    """
    if lock.hostname not in ("", hostname):
        return False
    start = start_of(lock.pid)
    return start is None or start > lock.since.timestamp() + TOLERANCE_SECONDS


def clear(stack: str, say: Say = console.say) -> None:
    """Remove what killed engines left.

    Raises:
        Problem: Somebody else works on the stack, or did on another machine.
    """
    for lock in read(stack):
        if not is_left_over(lock, socket.gethostname(), started):
            here = lock.hostname == socket.gethostname()
            who = f"{lock.username}@{lock.hostname} (process {lock.pid}{'' if here else ' there'})"
            raise Problem(
                f"stack {stack} is locked by {who} since {lock.since:%Y-%m-%d %H:%M:%S} UTC",
                "wait until that run has ended; if you know that it's gone: "
                f'eval "$(mlp env local)" && pulumi cancel {stack} --yes',
            )
        for path in (lock.path, lock.path.with_name(lock.path.name + ".attrs")):
            path.unlink(missing_ok=True)
        say(f"  {stack}: cleared the lock of process {lock.pid}, which was killed ({lock.since:%H:%M:%S} UTC)")
