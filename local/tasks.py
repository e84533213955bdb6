"""A small dependency-graph runner with progress: long work side by side, the slowest first.

Tasks that are ready start in the order in which they were given, so put the longest first.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TextIO


class Report:
    """What a running task tells the person who waits. Safe to use from several threads."""

    _lock = threading.Lock()

    def __init__(self, name: str, out: TextIO | None = None) -> None:
        self.name = name
        self.out = out if out is not None else sys.stderr
        self.was_cached = False

    def say(self, text: str) -> None:
        """Print one line of progress."""
        with self._lock:
            print(f"  {time.strftime('%H:%M:%S')}  {self.name}: {text}", file=self.out, flush=True)

    def cached(self) -> None:
        """Note that there was nothing to do."""
        self.was_cached = True


@dataclass(frozen=True)
class Task:
    """A named piece of work and the tasks that must end before it starts."""

    name: str
    run: Callable[[Report], None]
    needs: tuple[str, ...] = ()


@dataclass
class Timing:
    """Seconds that each task took, in the order in which they ended."""

    seconds: dict[str, float] = field(default_factory=dict)


def _timed(task: Task, report: Report, timing: Timing) -> None:
    start = time.monotonic()
    task.run(report)
    timing.seconds[task.name] = time.monotonic() - start
    report.say("up to date" if report.was_cached else f"done in {timing.seconds[task.name]:.0f} s")


def run(tasks: Sequence[Task], workers: int = 2, out: TextIO | None = None) -> Timing:
    """Run tasks when what they need has ended, `workers` at a time.

    Raises:
        ValueError: A task needs one that isn't there, or they need each other in a circle.
        Exception: The first failure, after the tasks that were running have ended; nothing new is started.
    """
    names = {task.name for task in tasks}
    for task in tasks:
        if missing := set(task.needs) - names:
            raise ValueError(f"task {task.name} needs {', '.join(sorted(missing))}, which isn't among the tasks")
    waiting, done, timing = list(tasks), set[str](), Timing()
    running: dict[Future[None], str] = {}
    failure: BaseException | None = None
    with ThreadPoolExecutor(max_workers=workers) as pool:
        while waiting or running:
            ready = [task for task in waiting if done.issuperset(task.needs)] if failure is None else []
            for task in ready[: workers - len(running)]:
                waiting.remove(task)
                running[pool.submit(_timed, task, Report(task.name, out), timing)] = task.name
            if not running:
                break
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                name = running.pop(future)
                if (error := future.exception()) is None:
                    done.add(name)
                elif failure is None:
                    failure = error
    if failure is not None:
        raise failure
    if waiting:
        raise ValueError(f"tasks need each other in a circle: {', '.join(task.name for task in waiting)}")
    return timing
