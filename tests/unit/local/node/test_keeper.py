from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from local.node import keeper, processes, programs
from local.node.cgroups import Tree
from local.node.keeper import FIRST_SECONDS, LONGEST_SECONDS, STEADY_SECONDS, Patience
from local.node.layout import Layout
from local.node.processes import Program, Running

NOWHERE = Tree((), systemd=False)


@pytest.fixture
def where(tmp_path: Path) -> Layout:
    made = Layout(tmp_path / "node", tmp_path / "run")
    made.logs.mkdir(parents=True)
    return made


def started(where: Layout) -> Running:
    name = "kubelet"
    return processes.start(Program(name, ("sleep", "300"), where.log(name), where.pid_file(name), name), [])


def look(where: Layout) -> None:
    keeper.look(where, NOWHERE, {name: Patience() for name in programs.LOGGING})


def kill(process: Running, where: Layout) -> None:
    os.kill(process.pid, signal.SIGKILL)
    limit = time.monotonic() + 10
    while processes.running(where.pid_file("kubelet")) and time.monotonic() < limit:
        time.sleep(0.01)


def test_who_ended_is_started_again_with_the_same_command(where: Layout) -> None:
    first = started(where)
    try:
        look(where)
        assert processes.running(where.pid_file("kubelet")) == first
        kill(first, where)
        look(where)
        second = processes.running(where.pid_file("kubelet"))
        assert second is not None
        assert second.pid != first.pid
        assert second.fingerprint == first.fingerprint
    finally:
        processes.stop(where.pid_file("kubelet"))


def test_who_was_stopped_stays_so(where: Layout) -> None:
    started(where)
    processes.stop(where.pid_file("kubelet"))
    look(where)
    assert not where.pid_file("kubelet").exists()


def test_who_ran_before_a_reboot_is_not_started_by_itself(where: Layout) -> None:
    kill(started(where), where)
    noted = where.pid_file("kubelet")
    noted.write_text(noted.read_text().replace('"boot": "', '"boot": "another '))
    look(where)
    assert processes.running(noted) is None


def test_who_ends_again_and_again_is_left_alone_for_longer_and_longer() -> None:
    patience = Patience()
    now, waits = 1000.0, []
    for _ in range(8):
        last = now
        while not patience.may_start(now):
            now += 0.5
        waits.append(now - last)
    assert waits[0] == 0
    assert waits[1] == FIRST_SECONDS
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_SECONDS
    assert patience.may_start(now + STEADY_SECONDS + 1)
    assert patience.wait == FIRST_SECONDS


def test_a_long_log_is_cut_while_it_is_written_to(where: Layout) -> None:
    long, short = where.log("containerd"), where.log("kubelet")
    short.write_text("short\n")
    with long.open("a") as writer:
        writer.write("x" * 200)
        writer.flush()
        keeper.limit_log(long, 100)
        writer.write("after")
    keeper.limit_log(short, 100)
    assert long.read_text() == "after"
    assert Path(f"{long}.1").read_text() == "x" * 200
    assert short.read_text() == "short\n"
