from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from local.node import processes
from local.node.processes import Program

SLEEP = ("sleep", "300")


def a_program(folder: Path, argv: tuple[str, ...] = SLEEP) -> Program:
    return Program(
        "probe", argv, folder / "logs/probe.log", folder / "pids/probe.json", "probe", inputs=(folder / "settings",)
    )


def wait_until_gone(pid: int) -> None:
    limit = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < limit:
        time.sleep(0.02)


def test_a_program_is_started_detached_in_its_cgroups_and_ended(tmp_path: Path) -> None:
    groups = [tmp_path / "one.procs", tmp_path / "two.procs"]
    program = a_program(tmp_path)
    started = processes.start(program, groups)
    try:
        assert processes.running(program.pid_file) == started
        assert os.getsid(started.pid) == started.pid
        limit = time.monotonic() + 10
        while Path(f"/proc/{started.pid}/cmdline").read_bytes() != b"sleep\x00300\x00" and time.monotonic() < limit:
            time.sleep(0.02)
        assert {group.read_text().strip() for group in groups} == {str(started.pid)}
        assert Path(f"/proc/{started.pid}/stat").read_text().split()[3] != str(os.getpid())
    finally:
        processes.stop(program.pid_file)
    assert processes.running(program.pid_file) is None
    assert not program.pid_file.exists()
    wait_until_gone(started.pid)
    assert not Path(f"/proc/{started.pid}").exists()


def test_its_output_is_in_its_log_and_the_surroundings_are_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    program = a_program(tmp_path, ("sh", "-c", "echo out; echo err >&2; env"))
    wait_until_gone(processes.start(program, []).pid)
    said = program.log.read_text()
    assert "out\nerr\n" in said
    assert "PROXY" not in said


@pytest.mark.parametrize(("key", "value"), [("start", "1"), ("boot", "another"), ("pid", 999_999_999)])
def test_a_recycled_pid_is_not_ours(tmp_path: Path, key: str, value: object) -> None:
    program = a_program(tmp_path)
    started = processes.start(program, [])
    try:
        noted = json.loads(program.pid_file.read_text())
        program.pid_file.write_text(json.dumps({**noted, key: value}))
        assert processes.running(program.pid_file) is None
        processes.stop(program.pid_file)
        assert Path(f"/proc/{started.pid}").exists(), "a process that isn't ours was ended"
    finally:
        os.kill(started.pid, signal.SIGKILL)


@pytest.mark.parametrize("text", ["", "[]", "{broken"])
def test_a_broken_pid_file_means_nothing_runs(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    assert processes.running(path) is None


def test_a_program_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    program = a_program(tmp_path, ("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"))
    started = processes.start(program, [])
    limit = time.monotonic() + 10
    while "ready" not in program.log.read_text() and time.monotonic() < limit:
        time.sleep(0.02)
    processes.stop(program.pid_file, timeout=0.3)
    wait_until_gone(started.pid)
    assert not Path(f"/proc/{started.pid}").exists()


def test_the_fingerprint_changes_with_command_and_configuration(tmp_path: Path) -> None:
    program = a_program(tmp_path)
    without = program.fingerprint()
    (tmp_path / "settings").write_text("a")
    first = program.fingerprint()
    (tmp_path / "settings").write_text("b")
    assert len({without, first, program.fingerprint(), a_program(tmp_path, ("sleep", "1")).fingerprint()}) == 4
