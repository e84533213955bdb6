from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local import paths
from local.problem import Problem
from mlp import locks
from mlp.locks import Lock

HERE, NOW = socket.gethostname(), datetime.now(UTC)


def lock(pid: int = 1234, hostname: str = HERE) -> Lock:
    return Lock(Path("a.json"), pid, "root", hostname, NOW)


@pytest.mark.parametrize(
    ("one", "start", "expected"),
    [
        (lock(), None, True),
        (lock(), NOW.timestamp() - 1, False),
        # The lock is written a moment after the process starts; clocks of /proc count in ticks.
        (lock(), NOW.timestamp() + 1, False),
        # Somebody else got the number after a reboot.
        (lock(), NOW.timestamp() + 60, True),
        (lock(hostname="other"), None, False),
        (lock(hostname=""), None, True),
    ],
    ids=["dead", "holder", "within a tick", "number of another", "other machine", "no machine"],
)
def test_left_over(one: Lock, start: float | None, expected: bool) -> None:
    assert locks.is_left_over(one, HERE, lambda pid: start) is expected


def test_start_of_this_process_is_now() -> None:
    with subprocess.Popen(["sleep", "10"]) as process:
        start = locks.started(process.pid)
        process.kill()
    assert start is not None
    assert abs(start - time.time()) < 5


def test_a_zombie_and_a_gone_process_have_no_start() -> None:
    process = subprocess.Popen(["true"])
    # It has ended, and stays to be waited for.
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert locks.started(process.pid) is None
    process.wait()
    assert locks.started(process.pid) is None


def written(content: str) -> Path:
    folder = paths.backend() / ".pulumi" / "locks" / "organization" / "mlplatform" / "s"
    folder.mkdir(parents=True)
    path = folder / "0000.json"
    path.write_text(content)
    path.with_name("0000.json.attrs").write_text("{}")
    return path


def engine_lock(pid: int, hostname: str, since: datetime) -> str:
    # As the engine 3.246 writes it, nanoseconds included.
    stamp = since.strftime("%Y-%m-%dT%H:%M:%S.123456789Z")
    return json.dumps({"pid": pid, "username": "root", "hostname": hostname, "timestamp": stamp})


def test_lock_of_a_killed_engine_is_cleared_with_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    path = written(engine_lock(process.pid, HERE, NOW))
    locks.clear("s")
    assert not list(path.parent.iterdir())
    assert str(process.pid) in capsys.readouterr().err


def test_half_written_lock_is_cleared() -> None:
    path = written('{"pid": 12')
    locks.clear("s")
    assert not path.exists()


def test_lock_of_a_living_process_is_explained() -> None:
    path = written(engine_lock(os.getpid(), HERE, datetime.now(UTC)))
    with pytest.raises(Problem) as caught:
        locks.clear("s")
    assert path.exists()
    assert f"root@{HERE} (process {os.getpid()})" in caught.value.what
    assert "pulumi cancel s --yes" in caught.value.fix


def test_lock_of_another_machine_is_explained() -> None:
    path = written(engine_lock(1, "elsewhere", NOW - timedelta(days=3)))
    with pytest.raises(Problem, match=r"root@elsewhere \(process 1 there\)"):
        locks.clear("s")
    assert path.exists()


def test_no_lock_is_fine() -> None:
    locks.clear("s")
