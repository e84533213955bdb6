"""The task runner: order, side by side, failures, what it says."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable

import pytest

from local.tasks import Report, Task, run


def noting(log: list[str], name: str, seconds: float = 0) -> Callable[[Report], None]:
    def work(report: Report) -> None:
        time.sleep(seconds)
        log.append(name)

    return work


def test_what_is_needed_comes_first() -> None:
    log: list[str] = []
    tasks = [Task("c", noting(log, "c"), ("a", "b")), Task("b", noting(log, "b"), ("a",)), Task("a", noting(log, "a"))]
    timing = run(tasks, out=io.StringIO())
    assert log == ["a", "b", "c"]
    assert list(timing.seconds) == ["a", "b", "c"]


def test_ready_tasks_run_side_by_side_and_no_more_than_workers() -> None:
    together, most, lock = 0, 0, threading.Lock()
    pair = threading.Barrier(2)

    def work(report: Report) -> None:
        nonlocal together, most
        with lock:
            together += 1
            most = max(most, together)
        # Each waits for another: alone, none would ever end.
        pair.wait(30)
        with lock:
            together -= 1

    run([Task(str(number), work) for number in range(6)], workers=2, out=io.StringIO())
    assert most == 2


def test_a_failure_starts_nothing_new_but_lets_the_running_end() -> None:
    log: list[str] = []

    def fail(report: Report) -> None:
        raise RuntimeError("broken")

    tasks = [
        Task("slow", noting(log, "slow", 0.2)),
        Task("bad", fail),
        Task("after", noting(log, "after"), ("bad",)),
        Task("other", noting(log, "other"), ("slow",)),
    ]
    with pytest.raises(RuntimeError, match="broken"):
        run(tasks, out=io.StringIO())
    assert log == ["slow"]


def test_a_task_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="task a needs nowhere"):
        run([Task("a", noting([], "a"), ("nowhere",))], out=io.StringIO())


def test_a_circle() -> None:
    tasks = [Task("a", noting([], "a"), ("b",)), Task("b", noting([], "b"), ("a",)), Task("c", noting([], "c"))]
    with pytest.raises(ValueError, match="circle: a, b"):
        run(tasks, out=io.StringIO())


def test_says_progress_and_what_was_up_to_date() -> None:
    out = io.StringIO()
    tasks = [Task("new", lambda report: report.say("half-way")), Task("old", lambda report: report.cached(), ("new",))]
    run(tasks, out=out)
    lines = [line.split("  ", 2)[2] for line in out.getvalue().splitlines()]
    assert "new: half-way" in lines
    assert lines[-1] == "old: up to date"
    assert any(line.startswith("new: done in ") for line in lines)
