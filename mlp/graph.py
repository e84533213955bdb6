"""What `mlp up` makes before the stacks, as tasks: programs, images, the node. The longest first, side by side."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from images import catalog, releases
from images import tasks as image_tasks
from local import node, packages, toolchain
from local.node import NodeConfig
from local.tasks import Report, Task
from local.toolchain import gobinaries
from mlp import specs
from mlp.target import Target

TOOLS, NODE, IMAGES = "tools", "node", "images"
PACKAGES, RELEASE = "packages", "release"
# The node's host runs these as processes, all other programs run in images.
HOST_MODULE = "kubernetes"


def node_config() -> NodeConfig:
    """The embedded node as the foundation's spec wants it: the port that people type is the one it listens on."""
    return NodeConfig(ingress_port=specs.foundation().ingress.port)


def registry(where: Target) -> str:
    """The registry that images are pushed to and run from."""
    return where.registry or node_config().registry


def layers_of(where: Target, chosen: Collection[str]) -> set[str]:
    """The layers that have tasks, of those chosen; a cluster of one's own has no node here."""
    return {layer for layer in chosen if layer in (TOOLS, NODE, IMAGES)} - (set() if where.embedded else {NODE})


def image_names(layers: Collection[str]) -> list[str]:
    """The images that these layers need."""
    return [
        *(image_tasks.node_images() if NODE in layers else ()),
        *(image_tasks.platform_images() if IMAGES in layers else ()),
    ]


def tasks(where: Target, layers: Collection[str]) -> list[Task]:
    """The tasks of these layers (`layers_of`); those that are ready start in this order."""
    names = image_names(layers)
    programs = {module: f"programs of {module}" for module in modules(names, NODE in layers)}
    made = [Task(PACKAGES, _packages(packages.NODE if NODE in layers else ()))] if names else []
    compiled = [Task(task, _programs(module)) for module, task in programs.items()]
    by_binary = {
        name: programs[binary.module] for name, binary in gobinaries.BINARIES.items() if binary.module in programs
    }
    images = image_tasks.tasks(names, by_binary, needs=(PACKAGES,))
    # Compiling takes every core, building images waits for the network: one of each goes well together.
    made += [*compiled[:1], *images, *compiled[1:]]
    if TOOLS in layers:
        # After the programs that the node waits for: nothing waits for the engine before the stacks do.
        made.append(Task(TOOLS, _tools))
    if NODE in layers:
        needs = (PACKAGES, programs[HOST_MODULE], *map(image_tasks.build_task, image_tasks.node_images()))
        made.append(Task(NODE, _node, needs))
    if IMAGES in layers:
        platform = image_tasks.platform_images()
        after = (NODE,) if NODE in layers else ()
        made += pushes(platform, registry(where), after)
    return made


def modules(names: Collection[str], host: bool) -> list[str]:
    """The Go modules that these images (and the node's host) need, the longest build first."""
    images = catalog.load()
    wanted = {gobinaries.BINARIES[images[name].binary].module for name in names if images[name].binary}
    return [module for module in gobinaries.modules() if module in wanted | ({HOST_MODULE} if host else set())]


def _packages(node_needs: Collection[str]) -> Callable[[Report], None]:
    def run(report: Report) -> None:
        packages.ensure(report, (*node_needs, *packages.IMAGES))

    return run


def _programs(module: str) -> Callable[[Report], None]:
    def run(report: Report) -> None:
        gobinaries.build_module(module, report)

    return run


def _tools(report: Report) -> None:
    toolchain.ensure(report)


def _node(report: Report) -> None:
    node.up(node_config(), image_tasks.archives(), report)


def pushes(names: Sequence[str], address: str, after: tuple[str, ...] = ()) -> list[Task]:
    """Tasks that push these images, whose builds are in the same graph, and write the release."""
    pushed = image_tasks.push_tasks(names, address, after)
    # Bases are pushed along.
    builds = {image_tasks.push_task(name): image_tasks.build_task(name) for name in catalog.load()}
    pushed = [Task(task.name, task.run, (*task.needs, builds[task.name])) for task in pushed]
    return [*pushed, Task(RELEASE, _release, tuple(task.name for task in pushed))]


def _release(report: Report) -> None:
    before = releases.path_of(releases.LOCAL).read_text() if releases.path_of(releases.LOCAL).exists() else ""
    if releases.write_local().read_text() == before:
        report.cached()
