from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from tests.support.beside import NICE, Beside


@pytest.fixture
def beside() -> Iterator[Beside]:
    made = Beside()
    yield made
    made.end()


def test_it_runs_meanwhile_and_once(beside: Beside) -> None:
    go, calls = threading.Event(), []

    def work() -> str:
        calls.append(go.wait(30))
        return "done"

    beside.begin("a", work)
    beside.begin("a", work)
    go.set()
    assert beside.result("a", work) == "done"
    assert beside.result("a", work) == "done"
    assert calls == [True]


def test_what_nobody_began_is_done_at_once(beside: Beside) -> None:
    assert beside.result("a", threading.get_ident) == threading.get_ident()


def test_what_failed_says_so_and_is_done_anew(beside: Beside) -> None:
    attempts: list[int] = []

    def work() -> int:
        attempts.append(1)
        if len(attempts) == 1:
            raise ValueError("the first time")
        return len(attempts)

    beside.begin("a", work)
    assert beside.failures() == {"a": "ValueError('the first time')"}
    with pytest.raises(ValueError, match="the first time"):
        beside.result("a", work)
    assert beside.result("a", work) == 2
    assert beside.failures() == {}


def test_what_nobody_looked_at_is_repeated(beside: Beside) -> None:
    attempts: list[int] = []

    def work() -> None:
        attempts.append(1)
        if len(attempts) < 3:
            raise ValueError(f"time {len(attempts)}")

    beside.begin("a", work)
    beside.quiet()
    with pytest.raises(ValueError, match="time 2"):
        beside.repeat()
    beside.repeat()
    assert beside.failures() == {}


def test_what_has_ended_may_be_begun_again(beside: Beside) -> None:
    ended: list[int] = []
    for _ in range(2):
        beside.begin("a", lambda: ended.append(1))
        beside.quiet()
    assert len(ended) == 2


def test_quiet_waits_for_all(beside: Beside) -> None:
    ended: list[str] = []
    for name in "abcd":
        beside.begin(name, partial(ended.append, name))
    beside.quiet()
    assert sorted(ended) == list("abcd")


def test_quiet_is_what_leaves_the_machine_to_others(beside: Beside) -> None:
    go, ended = threading.Event(), []

    def work() -> None:
        ended.append(go.wait(30))

    beside.begin("a", work, idly=True)
    beside.quiet()
    assert not ended
    go.set()
    beside.alone()
    assert ended == [True]


def test_in_idle_time_is_so_for_all_that_it_starts(beside: Beside) -> None:
    command = [sys.executable, "-c", "import os; print(os.sched_getscheduler(0))"]
    beside.begin("a", lambda: subprocess.check_output(command, text=True), idly=True)
    assert int(beside.result("a", lambda: "none")) == os.SCHED_IDLE
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


def test_it_stands_back(beside: Beside) -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    beside.begin("a", lambda: os.getpriority(os.PRIO_PROCESS, 0))
    assert beside.result("a", lambda: None) == min(before + NICE, 19)
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
