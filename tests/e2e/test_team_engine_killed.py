"""The engine is killed with SIGKILL at every provider call of a team's `up` and of its `destroy`.

Before each call (its object doesn't exist) and after it (the object exists, the engine never heard). Each run goes on
where the one before was killed, so that one way up and one way down have all kills. What must hold after each: nothing
is live that the state doesn't have, nothing is there twice; and in the end nothing at all. Some 120 runs of the engine:
`make soak`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.conftest import Teams
from tests.support import sql
from tests.support.cluster import Cluster
from tests.support.engine_killed import must_be_gone
from tests.support.killable import Kill
from tests.support.team_stack import TeamStack

LEAST_CALLS = 20
"""So few would mean that most of a team wasn't made here."""


def killed_all_the_way(stack: TeamStack, command: str, when: str) -> list[str]:
    """Run the command until it isn't killed any more; the URNs at whose calls it was."""
    killed: list[str] = []
    while True:
        # Killed before a call, it hasn't got further: that call is let through now, whenever it comes, and the first
        # other is it. Which one comes first isn't the same each time: what depends on nothing is made all at once.
        if stack.unless_done(command, Kill(1, when), spared=killed if when == "before" else ()) is not None:
            return killed
        killed.append(stack.called()[0])
        stack.settle()
        live, state = stack.live(), stack.state()
        lost = live - state - stack.kept
        assert not lost, f"killed {when} {killed[-1]}: live and not in the state: {lost}"
        assert max(state.values(), default=1) == 1, f"killed {when} {killed[-1]}: twice: {state}"


def up_and_down(name: str, when: str, folder: Path, environment: dict[str, str]) -> TeamStack:
    """All kills on one side of the calls."""
    folder.mkdir()
    stack = TeamStack(name, folder, environment)
    try:
        killed = killed_all_the_way(stack, "up", when)
        live, state = stack.live(), stack.state()
        assert live == state
        assert not stack.pending()
        assert len(killed) == len(set(killed)) == len(state) > LEAST_CALLS
        wanted = [urn for urn in killed if not stack.keeps(urn)]
        assert sorted(killed_all_the_way(stack, "destroy", when)) == sorted(wanted)
        must_be_gone(stack)
    finally:
        stack.settle()
        stack.destroy(check=False)
    return stack


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_killed_at_every_call_of_up_and_destroy(
    teams: Teams, cluster: Cluster, environment: dict[str, str], tmp_path: Path
) -> None:
    sides = ("before", "after")
    with ThreadPoolExecutor(len(sides)) as pool:
        running = [pool.submit(up_and_down, f"killed-{when}", when, tmp_path / when, environment) for when in sides]
        stacks = [one.result() for one in running]
    for stack in stacks:
        assert not cluster.items("namespaces", f"--field-selector=metadata.name={stack.namespace}")
        assert not sql.as_admin(cluster, f"SELECT 1 FROM pg_roles WHERE rolname = '{stack.namespace}'")
        assert not sql.as_admin(cluster, f"SELECT 1 FROM pg_database WHERE datname = '{stack.namespace}'")
