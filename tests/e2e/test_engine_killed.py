"""The engine is killed with SIGKILL at every provider call of `up` and of `destroy`; the next run puts all right.

Before each call (its object doesn't exist) and after it (the object exists, the engine never heard). What must hold
then: the cluster has what the state has, nothing twice, and nothing at all once the stack is destroyed.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.beside import Beside
from tests.support.engine_killed import KILLS, StackOf, half_way, plain, run_all
from tests.support.killable import Kill


@pytest.mark.timeout(900)
def test_killed_at_every_call_then_run_again(beside: Beside, engine_killed_at_every_call: Callable[[], None]) -> None:
    beside.result("engine killed", engine_killed_at_every_call)


@pytest.mark.timeout(300)
def test_destroy_from_half_way_leaves_nothing(stack_of: StackOf) -> None:
    run_all(half_way, stack_of, KILLS[::3])


@pytest.mark.timeout(120)
def test_plain_pulumi_needs_only_a_cancel(stack_of: StackOf) -> None:
    plain(stack_of, Kill(3, "after"))
