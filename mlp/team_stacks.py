"""The stacks of teams, several at once: each has an engine process, a lock and a config file of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from local.problem import Problem
from local.tasks import Report
from mlp import config, console, engine, errors, health, interrupts, room, state, teams
from mlp.engine import Stack
from mlp.target import Target

# An engine with its program takes a core for some seconds and 0.4 GiB, then waits for pods: more than cores pays.
AT_ONCE = 5


def require_platform() -> None:
    """Refuse to go on where there is nothing for a team to stand on.

    Raises:
        Problem: The platform isn't up, or was made before there were teams.
    """
    if "platform" not in state.read(config.PLATFORM).outputs:
        raise Problem(f"stack {config.PLATFORM} isn't up, and teams stand on it", "run `mlp up` first")


def require_cluster(where: Target) -> None:
    """Refuse to go on where there is no cluster to work on.

    Raises:
        Problem: It doesn't answer; says why.
    """
    found = health.of_cluster(where)
    if found.status != "running":
        why = "".join(f": {reason}" for reason in found.reasons[:1])
        raise Problem(f"the {found.kind} cluster is {found.status}{why}", "bring it up: `mlp up`")


def up(names: Sequence[str], where: Target, yes: bool) -> dict[str, float]:
    """Bring these teams up; seconds that each took.

    Raises:
        Problem: The node has no place for those that are new, or some failed; the others are up.
    """
    standing = teams.standing()
    room.require([name for name in names if name not in standing], where)
    chosen = list(names) if yes else _agreed(names, where)

    def apply(stack: Stack, say: console.Say) -> None:
        say(engine.counts(stack.up()))

    return _each(chosen, where, apply, "up")


def destroy(names: Sequence[str], where: Target) -> dict[str, float]:
    """Destroy these teams' stacks; seconds that each took.

    Raises:
        Problem: Some of them failed; the others are gone.
    """
    return _each(names, where, lambda stack, say: stack.destroy(), "destroyed")


def _agreed(names: Sequence[str], where: Target) -> list[str]:
    """The teams for which something would change, with the person's agreement to it."""
    changing = []
    for name in names:
        console.heading(f"stack {teams.stack_of(name)}")
        stack = config.open_stack(teams.stack_of(name), where)
        stack.settle()
        if stack.would_change():
            changing.append(name)
        else:
            console.say("  nothing to change")
    if changing:
        console.ask(f"Apply this to {' and '.join(map(teams.stack_of, changing))}?", yes=False)
    return changing


def _each(
    names: Sequence[str], where: Target, work: Callable[[Stack, console.Say], None], done: str
) -> dict[str, float]:
    if not names:
        return {}
    console.heading(f"{'team' if len(names) == 1 else 'teams'} {', '.join(names)}")
    config.find_release()

    def one(name: str) -> float:
        start, report = time.monotonic(), Report(name)

        def say(text: str) -> None:
            report.say(text.strip())

        stack = config.open_stack(teams.stack_of(name), where, say)
        stack.settle()
        work(stack, say)
        return time.monotonic() - start

    with interrupts.after_the_engine(), ThreadPoolExecutor(AT_ONCE) as pool:
        running = {name: pool.submit(one, name) for name in names}
    # One team's failure is no reason to leave the others half-way.
    failed = {name: error for name, ended in running.items() if (error := ended.exception()) is not None}
    if len(failed) == 1:
        raise next(iter(failed.values()))
    for error in failed.values():
        if not isinstance(error, Exception):
            raise error
        errors.report(error)
    if failed:
        raise Problem(f"{len(failed)} of {len(names)} teams aren't {done}: {', '.join(failed)}", "see above")
    return {name: ended.result() for name, ended in running.items()}
