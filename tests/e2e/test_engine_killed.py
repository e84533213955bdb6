"""The engine is killed with SIGKILL at every provider call of `up` and of `destroy`; the next run puts all right.

Before each call (its object doesn't exist) and after it (the object exists, the engine never heard). What must hold
then: the cluster has what the state has, nothing twice, and nothing at all once the stack is destroyed. A destroy from
half way leaves nothing either, and plain `pulumi` needs no more than a `cancel`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.beside import Beside
from tests.support.engine_killed import ROUNDS


@pytest.mark.timeout(900)
@pytest.mark.parametrize("rounds", ROUNDS)
def test_the_next_run_puts_all_right(rounds: str, beside: Beside, engine_killed: dict[str, Callable[[], None]]) -> None:
    beside.result(rounds, engine_killed[rounds])
