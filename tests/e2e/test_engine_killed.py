"""The engine is killed with SIGKILL at every provider call of `up` and of `destroy`; the next run puts all right.

Before each call (its object doesn't exist) and after it (the object exists, the engine never heard). What must hold
then: the cluster has what the state has, nothing twice, and nothing at all once the stack is destroyed.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.small_stack import OBJECTS, Kill, SmallStack

KILLS = [Kill(at, when) for at in range(1, OBJECTS + 1) for when in ("before", "after")]
SIDE_BY_SIDE = 2

Round = Callable[[Kill], None]


def name(prefix: str, kill: Kill) -> str:
    return f"{prefix}-{kill.when}-{kill.at}"


def run_all(one: Round, kills: list[Kill]) -> None:
    """Run a round for each kill, some side by side, and report every one that failed."""

    def outcome(kill: Kill) -> str | None:
        try:
            one(kill)
        except Exception:
            return f"--- {kill}\n{traceback.format_exc()}"
        return None

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        failures = [text for text in pool.map(outcome, kills) if text]
    assert not failures, "\n".join(failures)


def must_be_whole(stack: SmallStack) -> None:
    live, state = stack.live(), stack.state()
    assert live == state, f"only live: {live - state}, only in the state: {state - live}"
    assert len(state) == OBJECTS
    assert set(state.values()) == {1}, f"twice: {state}"


def must_be_gone(stack: SmallStack) -> None:
    assert not stack.live()
    assert not stack.state()


@pytest.mark.timeout(600)
def test_killed_at_every_call_then_run_again(
    stack_of: Callable[[str], SmallStack], clear_lock: Callable[[SmallStack], None]
) -> None:
    def one(kill: Kill) -> None:
        stack = stack_of(name("kill", kill))
        stack.killed("up", kill)
        clear_lock(stack)
        stack.up()
        must_be_whole(stack)
        stack.killed("destroy", kill)
        clear_lock(stack)
        stack.destroy()
        must_be_gone(stack)

    run_all(one, KILLS)


@pytest.mark.timeout(120)
def test_plain_pulumi_cancel_is_enough(stack_of: Callable[[str], SmallStack]) -> None:
    stack = stack_of("kill-cancel")
    stack.killed("up", Kill(3, "after"))
    assert "locked" in stack.up(check=False).stderr
    stack.pulumi("cancel", "--yes")
    stack.up()
    must_be_whole(stack)
    stack.destroy()
    must_be_gone(stack)


@pytest.mark.timeout(60)
def test_the_double_kills_nothing_but_the_engine(tmp_path: Path) -> None:
    from tests.doubles import killing_provider

    with pytest.raises(RuntimeError, match="not Pulumi's engine"):
        killing_provider.kill_engine()
