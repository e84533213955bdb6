"""Images outside of `mlp up`: built, pushed where a registry answers, listed."""

from __future__ import annotations

from collections.abc import Sequence

from images import catalog, fingerprint, registry, releases, storage
from images import tasks as image_tasks
from images.catalog import Image
from local import packages, tasks
from local.problem import Problem
from local.tasks import Report, Task
from mlp import console, graph, target


def run(names: Sequence[str]) -> None:
    """Build these images (all if none) and those that they build on; push and list them.

    Raises:
        Problem: An image isn't known, or its build failed.
    """
    where = target.current()
    chosen = list(names) or graph.image_names({graph.IMAGES, graph.NODE} if where.embedded else {graph.IMAGES})
    images = [image_of(name) for name in chosen]
    packages.ensure(Report(graph.PACKAGES), packages.IMAGES)
    why = {image.name: reason(image) for image in images}
    made: list[Task] = image_tasks.tasks(chosen)
    address = graph.registry(where)
    pushed = [image.name for image in images if not image.node] if registry.answers(address) else []
    if pushed:
        made += graph.pushes(pushed, address)
    tasks.run(made)
    image_tasks.prune()
    rows = [
        (
            image.name,
            fingerprint.tag(image),
            why[image.name] or "nothing changed",
            digest(image.name, pushed),
        )
        for image in images
    ]
    print(console.table(("image", "tag", "built because", "digest"), rows))
    if not pushed and not all(image.node for image in images):
        console.say(f"registry {address} doesn't answer: nothing was pushed; `mlp up` does that")


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


def digest(name: str, pushed: Sequence[str]) -> str:
    """The digest of an image in the local release; `-` for one that isn't in it."""
    return releases.read(releases.LOCAL).get(name, "-") if name in pushed else "-"
