from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from local.problem import Problem
from mlp.exclusive import on_stacks, only_one

HOLD = "import sys\nfrom mlp.exclusive import {0}\nwith {0}({1}):\n    print('held', flush=True)\n    sys.stdin.read()"


@contextmanager
def elsewhere(what: str, arguments: str) -> Iterator[None]:
    """Another process holds a lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(what, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    try:
        yield
    finally:
        process.communicate("")


def test_two_teams_are_worked_on_at_once() -> None:
    with elsewhere("on_stacks", "'team add a', ['local-team-a']"), on_stacks("team add b", ["local-team-b"]):
        pass


def test_a_team_is_worked_on_once() -> None:
    with elsewhere("on_stacks", "'team add a', ['local-team-a']"):
        said = r"`mlp team remove a b` can't run now: `mlp team add a` \(process \d+\) is at work on local-team-a"
        with pytest.raises(Problem, match=said), on_stacks("team remove a b", ["local-team-b", "local-team-a"]):
            pass
        with on_stacks("team add b", ["local-team-b"]):
            pass
    with on_stacks("team remove a", ["local-team-a"]):
        pass


def test_work_on_a_team_keeps_up_away_and_is_named() -> None:
    with (
        elsewhere("on_stacks", "'team add a', ['local-team-a']"),
        elsewhere("on_stacks", "'team add b c', ['local-team-b', 'local-team-c']"),
    ):
        with pytest.raises(Problem) as caught, only_one("up"):
            pass
        said = caught.value.what
        assert "`mlp team add a` (process " in said and "`mlp team add b c` (process " in said
        assert said.count("process") == 2 and said.endswith("are at work")
    with only_one("up"):
        pass


def test_up_keeps_work_on_teams_away() -> None:
    with elsewhere("only_one", "'up'"):
        with pytest.raises(Problem, match=r"`mlp up` \(process \d+\) is at work"), on_stacks("team add a", ["x"]):
            pass
        with pytest.raises(Problem, match=r"`mlp up` \(process \d+\) is at work"), only_one("down"):
            pass
