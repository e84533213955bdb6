"""The supervisor with small programs in the place of Airflow's: in a process of its own, as in the pod."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from images.airflow.mlplatform_airflow.board import Board
from images.airflow.mlplatform_airflow.restarts import FIRST, GROWN_UP, LONGEST, Restarts
from images.airflow.mlplatform_airflow.supervisor import _Lines

PROGRAM = """
import os, subprocess, sys, time
from images.airflow.mlplatform_airflow import health, supervisor, watch
from images.airflow.mlplatform_airflow.board import Board
supervisor._title = lambda text: None
supervisor.GRACE, supervisor.BRIEF = 2.0, {"hesitant": 1.0}

def steady():
    print("steady", os.getpid(), flush=True)
    child = subprocess.Popen(["sleep", "1000"])
    print("child", child.pid, flush=True)
    time.sleep(1000)

def brief():
    sys.stdout.write("brief without an end of line")
    sys.exit(3)

def stubborn():
    import signal
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("stubborn", os.getpid(), flush=True)
    time.sleep(1000)

def hesitant():
    import signal
    signal.signal(signal.SIGTERM, lambda *_: None)
    print("hesitant", os.getpid(), flush=True)
    end = time.monotonic() + 1000
    while time.monotonic() < end:
        time.sleep(1)

def silent():
    print("silent", os.getpid(), flush=True)
    time.sleep(1000)

names = sys.argv[1:]
board = Board([watch.SUPERVISOR, watch.WATCH, health.API_SERVER, *health.PARTS, *names])
made = supervisor.Supervisor(board, {name: globals()[name] for name in names})
if "silent" in names:
    supervisor.STARTING = 1.0
    board.note(watch.WATCH, time.monotonic() + 100)
print("once", made.once("prepare", lambda: sys.exit(7)), flush=True)
made.serve()
made.stop()
print("stopped", flush=True)
"""


class Running:
    """A supervisor, and what it printed."""

    def __init__(self, log: Path, *names: str) -> None:
        self.log = log
        self.process = subprocess.Popen([sys.executable, "-c", PROGRAM, *names], stdout=log.open("w"))

    def until(self, text: str, times: int = 1, seconds: float = 20) -> list[str]:
        end = time.monotonic() + seconds
        while (lines := self.log.read_text()).count(text) < times:
            assert time.monotonic() < end, lines
            time.sleep(0.05)
        return [line for line in lines.splitlines() if text in line]

    def end(self) -> None:
        self.process.terminate()
        assert self.process.wait(20) == 0


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def starts(*names: str) -> Running:
        started.append(Running(tmp_path / "log", *names))
        return started[-1]

    yield starts
    for running in started:
        # Also where a test failed.
        running.process.terminate()
        running.process.wait(20)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def number(lines: list[str]) -> int:
    return int(lines[-1].split()[-1])


def test_one_that_is_killed_takes_its_children_along_and_comes_back(run: Callable[..., Running]) -> None:
    running = run("steady")
    first, child = number(running.until("steady | steady")), number(running.until("steady | child"))
    assert "once 7" in running.log.read_text()
    os.kill(first, signal.SIGKILL)
    killed = time.monotonic()
    second = number(running.until("steady | steady", times=2))
    assert time.monotonic() - killed < 5
    assert second != first and alive(second) and not alive(child)
    again = number(running.until("steady | child", times=2))
    running.end()
    assert not alive(second) and not alive(again)


def test_a_line_without_an_end_is_printed_and_the_exit_code_is_said(run: Callable[..., Running]) -> None:
    running = run("brief")
    running.until("supervisor | brief ended (exit code 3); again in 1.0 s")
    running.end()
    assert "brief | brief without an end of line\n" in running.log.read_text()


def test_one_that_doesn_t_end_is_killed(run: Callable[..., Running]) -> None:
    running = run("stubborn", "steady")
    stubborn = number(running.until("stubborn | stubborn"))
    running.until("steady | child")
    running.end()
    assert not alive(stubborn)
    assert "stubborn didn't end within 2 s: killed" in running.log.read_text()


def test_one_with_little_to_lose_is_given_little_time(run: Callable[..., Running]) -> None:
    running = run("hesitant", "steady")
    hesitant = number(running.until("hesitant | hesitant"))
    running.until("steady | child")
    asked = time.monotonic()
    running.end()
    assert time.monotonic() - asked < 2
    assert not alive(hesitant)
    assert "hesitant didn't end within 1 s: killed" in running.log.read_text()


def test_one_that_gives_no_sign_of_life_is_restarted(run: Callable[..., Running]) -> None:
    running = run("silent")
    first = number(running.until("silent | silent"))
    running.until("silent | silent", times=2)
    running.end()
    assert not alive(first)
    assert "silent gave no sign of life" in running.log.read_text()


def test_delays_grow_and_are_forgotten() -> None:
    restarts = Restarts()
    assert [restarts.after(1.0) for _ in range(4)] == [FIRST, FIRST * 2, FIRST * 4, FIRST * 8]
    for _ in range(10):
        assert restarts.after(1.0) <= LONGEST
    assert restarts.after(GROWN_UP + 1) == FIRST


@pytest.mark.parametrize("cut", range(1, 12))
def test_lines_are_whole_however_they_arrive(cut: int) -> None:
    lines, text = _Lines("a"), b"one\ntwo\nend"
    printed = lines.take(text[:cut]) + lines.take(text[cut:]) + lines.take(b"")
    assert printed == b"a | one\na | two\na | end\n"


def test_a_board_is_shared_with_a_fork() -> None:
    board = Board(["a", "b"])
    if (child := os.fork()) == 0:
        board.note("b", 7.0)
        os._exit(0)
    os.waitpid(child, 0)
    assert (board.seen("a"), board.seen("b")) == (0.0, 7.0)
    assert board.age("b") > 0
