"""The engine is killed with SIGKILL at every provider call of `up` and of `destroy`; the next run puts all right.

Before each call (its object doesn't exist) and after it (the object exists, the engine never heard). What must hold
then: the cluster has what the state has, nothing twice, and nothing at all once the stack is destroyed.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.doubles import killing_provider
from tests.support.small_stack import OBJECTS, Kill, SmallStack

KILLS = [Kill(at, when) for at in range(1, OBJECTS + 1) for when in ("before", "after")]
SIDE_BY_SIDE = 2

StackOf = Callable[[str], SmallStack]


def run_all(one: Callable[[Kill], None], kills: list[Kill]) -> None:
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


@pytest.mark.timeout(900)
def test_killed_at_every_call_then_run_again(stack_of: StackOf) -> None:
    def one(kill: Kill) -> None:
        stack = stack_of(f"again-{kill.when}-{kill.at}")
        stack.killed("up", kill)
        stack.settle()
        stack.up()
        must_be_whole(stack)
        stack.killed("destroy", kill)
        stack.settle()
        stack.destroy()
        must_be_gone(stack)

    run_all(one, KILLS)


@pytest.mark.timeout(300)
def test_destroy_from_half_way_leaves_nothing(stack_of: StackOf) -> None:
    def one(kill: Kill) -> None:
        stack = stack_of(f"half-way-{kill.when}-{kill.at}")
        stack.killed("up", kill)
        stack.settle()
        stack.destroy()
        must_be_gone(stack)

    run_all(one, KILLS[::3])


@pytest.mark.timeout(120)
def test_plain_pulumi_needs_only_a_cancel(stack_of: StackOf) -> None:
    stack = stack_of("plain")
    stack.killed("up", Kill(3, "after"))
    assert "locked" in stack.up(check=False).stderr
    stack.pulumi("cancel", "--yes")
    stack.up()
    must_be_whole(stack)
    stack.destroy()
    must_be_gone(stack)


@pytest.mark.timeout(60)
def test_the_double_kills_nothing_but_the_engine() -> None:
    with pytest.raises(RuntimeError, match="not Pulumi's engine"):
        killing_provider.kill_engine()
