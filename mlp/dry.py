"""`mlp up --dry-run`: what each step would do. Changes nothing and works before anything exists."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from local import node, packages
from local.problem import Problem
from local.toolchain import engine as pulumi_engine
from local.toolchain import gobinaries
from mlp import (
    checks,
    config,
    console,
    engine,
    environment,
    example,
    example_dag,
    graph,
    image_builds,
    sample_preview,
    state,
    target,
    teams,
)
from mlp.target import Target

STACKS = {"foundation": config.FOUNDATION, "platform": config.PLATFORM}


def run(layers: Sequence[str]) -> None:
    """Print a line or more for each step of `mlp up` with these layers."""
    where = target.current()
    for finding in checks.findings(where):
        print(f"{'error' if finding.fatal else 'warning'}: {finding.what}\n  fix: {finding.fix}")
    made = graph.layers_of(where, layers)
    rows = [*_tools(made), *_node(made), *_images(made)]
    if "example" in layers:
        rows.append(("example", _example()))
    if "teams" in layers:
        rows.append(("example's DAG", example_dag.would()))
    print(console.table(("step", "would"), rows))
    stacks = [STACKS[layer] for layer in STACKS if layer in layers]
    if "teams" in layers:
        stacks += map(teams.stack_of, teams.wanted())
    for name in stacks:
        stack(name, where)
    print("\nnothing was changed")


def _tools(made: Collection[str]) -> list[tuple[str, str]]:
    rows = []
    names = graph.image_names(made)
    if names and (missing := packages.missing((*(packages.NODE if graph.NODE in made else ()), *packages.IMAGES))):
        rows.append(("packages", f"install {', '.join(missing)}"))
    modules = graph.modules(names, graph.NODE in made)
    for name, binary in gobinaries.BINARIES.items():
        if binary.module in modules and not gobinaries.path_of(name).exists():
            rows.append((f"program {name}", f"compile {binary.version} from Go modules"))
    if graph.TOOLS in made:
        there = pulumi_engine.locate()
        rows.append(("engine", f"use {there.path}" if there else "download Pulumi, or compile it where that can't be"))
    return rows


def _node(made: Collection[str]) -> list[tuple[str, str]]:
    if graph.NODE not in made:
        return []
    seen = node.state()
    would = {"running": "keep it running", "stopped": "start it", "broken": "mend it"}[seen.status]
    return [("node", "; ".join([would, *seen.reasons]))]


def _images(made: Collection[str]) -> list[tuple[str, str]]:
    rows = []
    for name in graph.image_names(made):
        image = image_builds.image_of(name)
        if packages.missing(packages.IMAGES):
            rows.append((f"image {name}", "build, because: not built here before"))
        elif reason := image_builds.reason(image):
            rows.append((f"image {name}", f"build, because: {reason}"))
    return rows or [("images", "nothing: all are built from what is here")]


def _example() -> str:
    try:
        return f"run Job {example.manifest()['metadata']['name']} unless it has succeeded"
    except Problem:
        return "run the training Job"


def stack(name: str, where: Target) -> None:
    """Print what an `up` of this stack would change, by the real engine where it and the cluster are there."""
    print(f"\nstack {name}:")
    if pulumi_engine.locate() is None:
        print("  be created; its preview needs the engine, which isn't here yet")
        return
    if config.exists(name) and _answers(where):
        environment.enter()
        print(f"  {engine.counts(config.open_stack(name, where).preview(diff=bool(state.read(name).outputs)))}")
        return
    print(f"  against sample contracts: {engine.counts(sample_preview.one(name))}")


def _answers(where: Target) -> bool:
    return not where.embedded or node.state().status == "running"
