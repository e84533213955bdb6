"""The pod's first process: prepares the database, imports Airflow once, forks its parts, and keeps them alive.

Memory that a forked process only reads is shared with its parent: five processes cost little more than one.
"""

from __future__ import annotations

import gc
import os
import selectors
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

from . import health, watch
from .board import Board
from .restarts import Restarts

GRACE = 20.0
"""Seconds to end in, of the 30 that a pod has."""
BRIEF = {"triggerer": 4.0}
"""Who is given less: when what the triggerer waits for has ended a moment too early, it waits 10 s for nothing. What it
watched is in the database, and the next one goes on with it."""
SICK = 60.0
"""Seconds without a sign of life after which a component is restarted."""
STARTING = 240.0
"""The same before its first sign: on a busy machine a start takes long."""
REQUIRED = (
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    "AIRFLOW__CORE__FERNET_KEY",
    "AIRFLOW__API_AUTH__JWT_SECRET",
    "AIRFLOW__API__SECRET_KEY",
    "ADMIN_USERNAME",
    "ADMIN_PASSWORD",
)
PREPARE = "prepare"


@dataclass
class Process:
    """One component: what it runs, and its process while it has one."""

    name: str
    run: Callable[[], None]
    pid: int = 0
    started: float = 0.0
    due: float = 0.0
    """When it is to be started, if it has no process."""
    restarts: Restarts = field(default_factory=Restarts)


class Supervisor:
    """Forks, reads what they print, restarts, ends."""

    def __init__(self, board: Board, programs: dict[str, Callable[[], None]]) -> None:
        self.board = board
        self.processes = [Process(name, run) for name, run in programs.items()]
        self.selector = selectors.DefaultSelector()
        self.ending = 0.0
        # A signal wakes the loop up.
        self._wake, wake = os.pipe()
        for end in (self._wake, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self.selector.register(self._wake, selectors.EVENT_READ)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def once(self, name: str, run: Callable[[], None]) -> int:
        """Run something to its end in a process of its own; returns its exit code."""
        process = Process(name, run)
        self._start(process)
        while True:
            self._read(0.2)
            pid, status = os.waitpid(process.pid, os.WNOHANG)
            if pid:
                # Of what it printed last, all.
                while self._read(0):
                    pass
                return os.waitstatus_to_exitcode(status)
            if self.ending:
                os.kill(process.pid, signal.SIGKILL)

    def serve(self) -> None:
        """Keep them alive until told to end."""
        while not self.ending:
            self.board.note(watch.SUPERVISOR)
            now = time.monotonic()
            for process in self.processes:
                if not process.pid and now >= process.due:
                    self._start(process)
            self._read(1.0)
            self._reap()
            self._heal()

    def stop(self) -> None:
        """Ask all to end, and make sure of it."""
        left = [process for process in self.processes if process.pid]
        for process in left:
            os.kill(process.pid, signal.SIGTERM)
        while left := [process for process in left if process.pid]:
            for process in left:
                if time.monotonic() > self.ending + (grace := BRIEF.get(process.name, GRACE)):
                    say(f"{process.name} didn't end within {grace:.0f} s: killed")
                    _kill_group(process.pid)
            self._read(0.2)
            self._reap()

    def _start(self, process: Process) -> None:
        readable, writable = os.pipe()
        if (pid := os.fork()) == 0:
            os.close(readable)
            _become(process.name, process.run, writable)
        os.close(writable)
        os.set_blocking(readable, False)
        # Both do it: neither may come too late.
        os.setpgid(pid, pid)
        process.pid, process.started = pid, time.monotonic()
        self.selector.register(readable, selectors.EVENT_READ, _Lines(process.name))

    def _read(self, wait: float) -> int:
        """Print what they printed, each line under its name; returns how many had something to say."""
        ready = self.selector.select(wait)
        for key, _ in ready:
            try:
                text = os.read(key.fd, 65536)
            except BlockingIOError:
                continue
            if key.data is None:
                continue
            if not text:
                self.selector.unregister(key.fd)
                os.close(key.fd)
            _write(key.data.take(text))
        return len(ready)

    def _reap(self) -> None:
        for process in self.processes:
            if not process.pid:
                continue
            # It keeps its number until its own children, which would outlive it, are gone.
            if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            _kill_group(process.pid)
            _, status = os.waitpid(process.pid, 0)
            delay = process.restarts.after(time.monotonic() - process.started)
            process.pid, process.due = 0, time.monotonic() + delay
            if not self.ending:
                say(f"{process.name} ended ({_ending(status)}); again in {delay} s")

    def _heal(self) -> None:
        """Kill what gives no sign of life; it is then restarted as any other that died."""
        # What the watching process says counts as long as it watches.
        blind = self.board.age(watch.WATCH) > watch.EVERY * 3 + health.PATIENCE
        for process in self.processes:
            if not process.pid or (blind and process.name != watch.WATCH):
                continue
            seen = self.board.seen(process.name)
            limit = SICK if seen > process.started else STARTING
            if (silent := time.monotonic() - max(seen, process.started)) > limit:
                say(f"{process.name} gave no sign of life for {silent:.0f} s: killed")
                _kill_group(process.pid)

    def _end(self, number: int, _: FrameType | None) -> None:
        self.ending = self.ending or time.monotonic()


class _Lines:
    """Whole lines out of pieces."""

    def __init__(self, name: str) -> None:
        self._prefix = f"{name} | ".encode()
        self._rest = b""

    def take(self, piece: bytes) -> bytes:
        """The lines that it completes, each with its prefix; an empty piece is the end, and completes the last."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        if not piece and self._rest:
            lines.append(self._rest)
            self._rest = b""
        return b"".join(self._prefix + line + b"\n" for line in lines)


def _become(name: str, run: Callable[[], None], output: int) -> None:
    """In the forked process: run it, and nothing of the supervisor's."""
    import atexit
    import traceback

    code = 0
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        # A group of its own: what it starts ends with it.
        os.setpgid(0, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        _title(f"airflow {name}")
        run()
    except SystemExit as error:
        if isinstance(error.code, str):
            print(error.code, file=sys.stderr)
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _ending(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _title(text: str) -> None:
    from setproctitle import setproctitle

    setproctitle(text)


def _kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        # It was killed before it could make its group, or all in it are gone.
        return


def _write(text: bytes) -> None:
    while text:
        text = text[os.write(1, text) :]


def say(text: str) -> None:
    """One line of the supervisor's own."""
    _write(f"supervisor | {text}\n".encode())


def main() -> int:
    """Prepare, fork, keep alive."""
    if missing := [name for name in REQUIRED if not os.environ.get(name)]:
        say(f"{', '.join(missing)} not set")
        return 1
    start = time.monotonic()
    from . import components, database

    board = Board([watch.SUPERVISOR, watch.WATCH, health.API_SERVER, *health.PARTS])
    # Users' files are imported in some of the processes: what those don't need isn't in their environment.
    secret = {name: os.environ.pop(name, "") for name in ("ADMIN_USERNAME", "ADMIN_PASSWORD", "FERNET_KEY_BEFORE")}
    supervisor = Supervisor(
        board, components.programs(board, os.environ | {"CHECK_KEY": os.environ.pop("CHECK_KEY", "")})
    )
    components.preload()
    gc.collect()
    gc.freeze()
    say(f"imported in {time.monotonic() - start:.1f} s")
    code = supervisor.once(PREPARE, lambda: database.prepare(*secret.values()))
    if code or supervisor.ending:
        return code or 1
    say(f"prepared after {time.monotonic() - start:.1f} s")
    supervisor.serve()
    supervisor.stop()
    return 0
