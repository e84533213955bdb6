"""Images outside of `mlp up`: built, pushed where a registry answers, listed."""

from __future__ import annotations

from collections.abc import Sequence

from images import build, catalog, fingerprint, registry, releases, storage
from images import tasks as image_tasks
from images.catalog import Image
from local import packages, tasks
from local.problem import Problem
from local.tasks import Report, Task
from mlp import console, graph, target
from mlp.target import Target


def run(names: Sequence[str]) -> None:
    """Build these images (all if none) and those that they build on."""
    where = target.current()
    chosen = list(names) or graph.image_names({graph.IMAGES} | ({graph.NODE} if where.embedded else set()))
    pushed = [name for name in chosen if not image_of(name).node]
    before = {name: reason(catalog.load()[name]) for name in chosen if packages.missing(packages.IMAGES) == []}
    address = graph.registry(where)
    made = [
        Task(graph.PACKAGES, lambda report: packages.ensure(report, packages.IMAGES)),
        *image_tasks.tasks(chosen, needs=(graph.PACKAGES,)),
    ]
    answering = answers(address)
    if pushed and answering:
        made += graph.pushes(pushed, address)
    tasks.run(made)
    if pushed and not answering:
        console.say(f"  registry {address} doesn't answer: nothing was pushed; `mlp up` does that")
    image_tasks.prune()
    print(console.table(("image", "tag", "built, because", "digest"), [_row(name, before, where) for name in chosen]))


def image_of(name: str) -> Image:
    """The image of that name.

    Raises:
        Problem: There is none.
    """
    if name not in catalog.load():
        raise Problem(f"there is no image {name!r}", f"name one of: {', '.join(sorted(catalog.load()))}")
    return catalog.load()[name]


def reason(image: Image) -> str:
    """Why an image has to be built; empty if it is there."""
    parts = fingerprint.inputs(image, catalog.load())
    if storage.reference(image.name, fingerprint.combine(parts)) in storage.stored():
        return ""
    return fingerprint.reasons(fingerprint.last_inputs(image.name), parts)
