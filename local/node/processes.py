"""containerd and kubelet as our own detached processes, recognised again by more than a pid."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from local.node.files import read_json, write_json
from local.node.machine import boot_id
from local.node.shell import PATH

# The inner shell enters the cgroups before it becomes the program, so that no child escapes; the outer one ends at
# once, so that the program is adopted by init and is no zombie of ours when it ends.
_LAUNCH = """
setsid sh -c 'for group in $0; do echo $$ > "$group" || exit 1; done; exec "$@"' "$@" </dev/null >>"$LOG" 2>&1 &
echo $!
"""


@dataclass(frozen=True)
class Program:
    """A program to keep running."""

    name: str
    argv: tuple[str, ...]
    log: Path
    """Appended to, so that it can be truncated while the program runs."""
    pid_file: Path
    group: str
    """Its cgroup, below the node's own."""
    inputs: tuple[Path, ...] = field(default=())
    """Configuration files: when one changes, the program must be started anew."""

    def fingerprint(self) -> str:
        """Changes with the command line and the configuration files."""
        digest = hashlib.sha256("\0".join(self.argv).encode())
        for path in self.inputs:
            digest.update(path.read_bytes() if path.is_file() else b"-")
        return digest.hexdigest()


@dataclass(frozen=True)
class Running:
    """A process that was started by us and is still that process."""

    pid: int
    fingerprint: str
    since: datetime


def running(pid_file: Path) -> Running | None:
    """The process of a pid file, or None when it ended, even if something else has its pid now."""
    noted = read_json(pid_file)
    if not isinstance(noted, dict) or noted.get("boot") != boot_id() or noted.get("start") != _start_time(noted["pid"]):
        return None
    return Running(noted["pid"], noted["fingerprint"], datetime.fromisoformat(noted["since"]))


def start(program: Program, groups: Sequence[Path], prefix: Sequence[str] = ()) -> Running:
    """Start a program, detached, in the given cgroups (their `cgroup.procs` files), by a command that runs it."""
    program.log.parent.mkdir(parents=True, exist_ok=True)
    # A clean environment: a company's proxy settings mustn't send the node's own traffic outside.
    environment = {"PATH": PATH, "HOME": "/root", "LOG": str(program.log)}
    procs = " ".join(str(group) for group in groups)
    launched = subprocess.run(
        ["sh", "-c", _LAUNCH, "sh", procs, *prefix, *program.argv],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    pid = int(launched.stdout)
    started = _start_time(pid)
    since = datetime.now(UTC)
    fingerprint = program.fingerprint()
    write_json(
        program.pid_file,
        {
            "pid": pid,
            "start": started,
            "boot": boot_id(),
            "fingerprint": fingerprint,
            "since": since.isoformat(),
            "argv": program.argv,
            "group": program.group,
            "inputs": list(map(str, program.inputs)),
        },
    )
    return Running(pid, fingerprint, since)


def ended(name: str, log: Path, pid_file: Path) -> Program | None:
    """A program that was started since the machine booted, wasn't stopped, and doesn't run."""
    noted = read_json(pid_file)
    if not isinstance(noted, dict) or noted.get("boot") != boot_id() or running(pid_file):
        return None
    return Program(name, tuple(noted["argv"]), log, pid_file, noted["group"], tuple(map(Path, noted["inputs"])))


def stop(pid_file: Path, timeout: float = 10) -> None:
    """End a program: ask, wait, kill."""
    if process := running(pid_file):
        for number, patience in ((signal.SIGTERM, timeout), (signal.SIGKILL, timeout)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, number)
            limit = time.monotonic() + patience
            while running(pid_file) and time.monotonic() < limit:
                time.sleep(0.05)
    pid_file.unlink(missing_ok=True)


def _start_time(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The name, in parentheses, may hold blanks and parentheses itself; state is the first field after it.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]
