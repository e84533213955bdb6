"""What must hold after an engine was killed: rounds on the small stack."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from images import catalog, fingerprint
from local import paths
from local.node.config import IMAGE_REPOSITORY
from tests.support.cluster import Cluster
from tests.support.killable import Kill, Killable, environment_for
from tests.support.small_stack import OBJECTS, SmallStack

StackOf = Callable[[str], SmallStack]
KILLS = tuple(Kill(at, when) for at in range(1, OBJECTS + 1) for when in ("before", "after"))
"""Each changing call of the small stack's `up` or `destroy`, on both sides of it."""
SIDE_BY_SIDE = 2


@contextmanager
def on_the_node(cluster: Cluster, folder: Path) -> Iterator[StackOf]:
    """Small stacks by their names; their namespaces go in the end, however that is reached."""
    made: list[SmallStack] = []
    # The one image that runs anywhere, needs nothing and is on every node.
    pause = f"{IMAGE_REPOSITORY}/pause:{fingerprint.tag(catalog.load()['pause'])}"

    def make(name: str) -> SmallStack:
        stack = SmallStack(f"e2e-{name}", folder / name, environment_for(paths.kubeconfig()), pause)
        made.append(stack)
        return stack

    try:
        yield make
    finally:
        for stack in made:
            cluster.kubectl("delete", "namespace", stack.name, "--ignore-not-found", "--wait=false")
            cluster.kubectl("delete", "clusterroles", "-l", f"app.kubernetes.io/part-of={stack.name}")


def again(stack_of: StackOf, kill: Kill) -> None:
    """Kill `up`, run it again; kill `destroy`, run it again."""
    stack = stack_of(f"again-{kill.when}-{kill.at}")
    stack.killed("up", kill)
    stack.settle()
    stack.up()
    must_be_whole(stack)
    stack.killed("destroy", kill)
    stack.settle()
    stack.destroy()
    must_be_gone(stack)


def half_way(stack_of: StackOf, kill: Kill) -> None:
    """Kill `up` and destroy what there is."""
    stack = stack_of(f"half-way-{kill.when}-{kill.at}")
    stack.killed("up", kill)
    stack.settle()
    stack.destroy()
    must_be_gone(stack)


def plain(stack_of: StackOf, kill: Kill) -> None:
    """Kill `up`; then what a person types without `mlp`."""
    stack = stack_of(f"plain-{kill.when}-{kill.at}")
    stack.killed("up", kill)
    assert "locked" in stack.up(check=False).stderr
    stack.pulumi("cancel", "--yes")
    stack.up()
    # The engine keeps its notes of what it was doing until it is told that they are of no use any more.
    stack.pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
    must_be_whole(stack)
    stack.destroy()
    must_be_gone(stack)


def every_call(stack_of: StackOf) -> None:
    """Killed at every call, run again."""
    run_all(again, stack_of, KILLS)


def from_half_way(stack_of: StackOf) -> None:
    """Killed, then destroyed."""
    run_all(half_way, stack_of, KILLS[::3])


def by_plain_pulumi(stack_of: StackOf) -> None:
    """Killed, then put right by hand."""
    plain(stack_of, Kill(3, "after"))


ROUNDS = {
    "engine killed at every call": every_call,
    "engine killed, destroyed from half way": from_half_way,
    "engine killed, put right by plain pulumi": by_plain_pulumi,
}


def must_be_whole(stack: SmallStack) -> None:
    """The cluster has what the state has, each object once, and all of them."""
    live, state = stack.live(), stack.state()
    assert live == state, f"only live: {live - state}, only in the state: {state - live}"
    assert not stack.pending(), f"still begun: {stack.pending()}"
    assert len(state) == OBJECTS
    assert set(state.values()) == {1}, f"twice: {state}"


def must_be_gone(stack: Killable) -> None:
    """Nothing is left, neither in the cluster nor in the state."""
    live, state = stack.live(), stack.state()
    assert not live, f"left on the cluster: {live}"
    assert not state, f"left in the state: {state}"


def run_all(one: Callable[[StackOf, Kill], None], stack_of: StackOf, kills: Sequence[Kill]) -> None:
    """Run a round for each kill, some side by side, and report every one that failed."""

    def outcome(kill: Kill) -> str | None:
        try:
            one(stack_of, kill)
        except Exception:
            return f"--- {kill}\n{traceback.format_exc()}"
        return None

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        failures = [text for text in pool.map(outcome, kills) if text]
    assert not failures, "\n".join(failures)
