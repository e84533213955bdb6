"""The steps of `mlp up`, in their order."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from images import tasks as image_tasks
from local import tasks
from local.tasks import Report
from local.toolchain import gobinaries
from mlp import (
    checks,
    config,
    console,
    disk,
    engine,
    environment,
    example,
    example_dag,
    graph,
    health,
    restore,
    summary,
    target,
    team_stacks,
    teams,
)
from mlp.target import Target

STACKS = {"foundation": config.FOUNDATION, "platform": config.PLATFORM}
TEAMS, EXAMPLE = "teams", "example"


def run(layers: Sequence[str], yes: bool) -> None:
    """Bring these layers up.

    Raises:
        Problem: Something isn't met or failed; what is done stays done.
    """
    where = target.current()
    checks.require(checks.findings(where))
    restore.require_none_half_done()
    config.require_secrets()
    fresh = not config.standing()
    if fresh:
        # Asked once, before half an hour of work rather than after it.
        console.ask("Nothing of this platform exists here yet. Make it?", yes)
    elif not yes and not console.interactive():
        console.ask("Go on?", yes)
    timing: dict[str, float] = {}
    with disk.Watch() as watch:
        _make(where, layers, timing)
        if any(layer in layers for layer in (*STACKS, TEAMS, EXAMPLE)):
            environment.enter()
        for layer in (layer for layer in STACKS if layer in layers):
            with _timed(timing, layer):
                _stack(STACKS[layer], where, yes or fresh)
        if "platform" in layers:
            with _timed(timing, "answers"):
                health.wait_for_services([""])
        if TEAMS in layers:
            with _timed(timing, TEAMS):
                _teams(where, yes or fresh)
        if EXAMPLE in layers:
            with _timed(timing, EXAMPLE):
                example.run(where)
    summary.show(timing, watch)


@contextmanager
def _timed(timing: dict[str, float], name: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    timing[name] = time.monotonic() - start


def _make(where: Target, layers: Sequence[str], timing: dict[str, float]) -> None:
    """Tools, images and node."""
    made = graph.layers_of(where, layers)
    if not made:
        return
    missing = [name for name in gobinaries.BINARIES if not gobinaries.path_of(name).exists()]
    console.heading(", ".join(layer for layer in layers if layer in made))
    timing |= tasks.run(graph.tasks(where, made)).seconds
    report = Report("caches")
    if graph.IMAGES in made and (removed := image_tasks.prune()):
        report.say(f"removed {removed} images of earlier sources")
    if missing and all(gobinaries.path_of(name).exists() for name in gobinaries.BINARIES):
        gobinaries.prune_caches(report)


def _teams(where: Target, yes: bool) -> None:
    names = teams.wanted()
    team_stacks.require_platform()
    for orphan in teams.orphans():
        # Others mustn't wait for it, and what it has still runs.
        console.say(f"warning: team {orphan} stands, and its spec {teams.shown(teams.spec_of(orphan))} is gone")
        console.say(f"  fix: put it back, or write a new one: `mlp team add {orphan}`; or `mlp team remove {orphan}`")
    team_stacks.up(names, where, yes)
    health.wait_for_services(teams.standing())
    if teams.FIRST in teams.standing():
        example_dag.push(where)


def _stack(name: str, where: Target, yes: bool) -> None:
    console.heading(f"stack {name}")
    stack = config.open_stack(name, where)
    stack.settle()
    if not yes:
        if not stack.would_change():
            console.say("  nothing to change")
            return
        console.ask(f"Apply this to {name}?", yes)
    console.say(f"  {engine.counts(stack.up())}")
