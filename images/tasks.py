"""Builds, archives and pushes as tasks, for whoever runs the graph (`mlp up`, `mlp images`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from images import build, fingerprint, registry, releases, storage
from images.catalog import Image, ancestors, load
from local.problem import Problem
from local.tasks import Report, Task
from local.toolchain import gobinaries

# The builds that take longest; in a graph the first that are ready start first.
SLOW = ("base", "mlflow", "training", "postgres")


def node_images() -> list[str]:
    """The images that the node itself needs."""
    return [name for name, image in load().items() if image.node]


def platform_images() -> list[str]:
    """The images that are pushed and run by digest, wherever there is a platform."""
    return [name for name, image in load().items() if not (image.node or image.optional)]


def optional_images() -> list[str]:
    """The images that are pushed and run by digest where somebody built them by name."""
    return [name for name, image in load().items() if image.optional]


def build_task(name: str) -> str:
    """The name of the task that builds an image."""
    return f"image {name}"


def push_task(name: str) -> str:
    """The name of the task that pushes an image."""
    return f"push {name}"


def tasks(names: Iterable[str], programs: Mapping[str, str] | None = None, needs: tuple[str, ...] = ()) -> list[Task]:
    """The tasks that build images, with the bases that they need; the node's own are archived too.

    Args:
        names: Names of images.
        programs: Go program -> name of the task that builds it; a program without one is built when it is needed.
        needs: Tasks before all of these (packages, uv).
    """
    made = {}
    for name in _with_bases(names):
        image = load()[name]
        before = (*needs, *((build_task(image.base),) if image.base else ()))
        if image.binary and programs and image.binary in programs:
            before = (*before, programs[image.binary])
        made[name] = Task(build_task(name), _builder(image), before)
    return [made[name] for name in sorted(made, key=lambda name: (_rank(name), name))]


def push_tasks(names: Iterable[str], address: str, needs: tuple[str, ...] = ()) -> list[Task]:
    """The tasks that push images (built by `tasks`, in the same graph or before) and note their digests.

    Args:
        names: Names of images that aren't the node's own.
        address: The registry, as `100.64.0.1:5000` or `registry.example.org/team`.
        needs: Tasks before all of these (the node).
    """
    made = []
    for name in _with_bases(names):
        image = load()[name]
        # The base goes first: its layers are then there for all that build on it.
        before = (*needs, *((push_task(image.base),) if image.base else ()))
        made.append(Task(push_task(name), _pusher(image, address), before))
    return made


def archives() -> dict[str, Path]:
    """The archives of the node's own images, which `tasks(node_images())` made."""
    return {name: build.archive(load()[name]) for name in node_images()}


def prune() -> int:
    """Remove what was built from inputs that are no more; returns how many images and archives went."""
    return storage.prune({name: fingerprint.tag(image) for name, image in load().items()})


def _with_bases(names: Iterable[str]) -> list[str]:
    images = load()
    wanted = set()
    for name in names:
        if name not in images:
            raise Problem(f"there is no image {name!r}", f"name one of: {', '.join(sorted(images))}")
        wanted |= {name, *ancestors(images[name], images)}
    return [name for name in images if name in wanted]


def _rank(name: str) -> int:
    return SLOW.index(name) if name in SLOW else len(SLOW)


def _builder(image: Image) -> Callable[[Report], None]:
    def run(report: Report) -> None:
        if image.binary and not gobinaries.path_of(image.binary).exists():
            gobinaries.build(image.binary, report)
        built = build.build(image, report)
        if image.node:
            build.archive(image)
        if built.fresh:
            report.say(f"{image.name}:{built.tag}")

    return run


def _pusher(image: Image, address: str) -> Callable[[Report], None]:
    def run(report: Report) -> None:
        tag = fingerprint.tag(image)
        if found := registry.digest_of(registry.repository(image.name, address), tag):
            report.cached()
        digest = found or registry.push(image, address)
        releases.record(image.name, tag, digest, address)

    return run
