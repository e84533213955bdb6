"""All of the embedded platform that can't be built again, in one file.

The node is stopped meanwhile: what databases, volumes, Kubernetes and Pulumi's state say is of one moment.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from local import node, paths, tasks
from local.problem import Problem
from mlp import archive, checks, config, console, disk, graph, locks, target


def default_name() -> Path:
    """A name with the time in it, in the working directory."""
    return Path(f"mlplatform-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar")


def run(file: Path, yes: bool, dry_run: bool = False) -> None:
    """Stop the node, write the file, and start the node again if it ran.

    Args:
        file: Where to.
        yes: Don't ask before the node is stopped.
        dry_run: Only look, and say what would be written.

    Raises:
        Problem: There is nothing to copy, no room for it, or the file is there already.
    """
    require_embedded()
    if not config.standing():
        raise Problem(f"nothing stands in {paths.home()} that could be backed up", "bring the platform up: `mlp up`")
    if file.exists():
        raise Problem(f"{file} is there already, and may be the only backup", "choose another name")
    parts = there()
    if dry_run:
        needed = size(parts)
        require_space(file.absolute().parent, needed)
        print(f"{file} would get {console.size(needed)}: {', '.join(parts)}\nnothing was changed")
        return
    for stack in config.standing():
        locks.clear(stack)
    with _stopped(yes):
        about = archive.About(archive.FORMAT, datetime.now(UTC).isoformat(timespec="seconds"), size(parts))
        require_space(file.absolute().parent, about.size)
        archive.write(file, about, paths.home(), parts)
    written = console.size(file.stat().st_size)
    console.say(f"{file}: {written}; it has every secret of the platform, so keep it from others")
    console.say("not in it: the specs in stacks/, which your repository keeps")


def require_embedded() -> None:
    """Refuse to work where the data isn't on this machine.

    Raises:
        Problem: The platform stands on another cluster, or is root's.
    """
    where = target.current()
    if not where.embedded:
        raise Problem(
            f"the data of the platform are on the cluster {where.context}",
            "use what that cluster has for its volumes; unset MLP_KUBE_CONTEXT for the embedded node",
        )
    checks.require_root()


def require_space(folder: Path, needed: int) -> None:
    """Refuse to start what can't end.

    Raises:
        Problem: The folder's file system has less than that free.
    """
    parent = next(path for path in (folder, *folder.parents) if path.exists())
    if (free := shutil.disk_usage(parent).free) < needed:
        have, want = console.size(free), console.size(needed)
        raise Problem(f"{folder} has {have} free, and {want} are needed", "make room there")


def there() -> list[str]:
    """The parts of a backup that this machine has."""
    return [part for part in archive.PARTS if (paths.home() / part).exists()]


def size(parts: Sequence[str]) -> int:
    """Bytes that they take here."""
    found = [paths.home() / part for part in parts]
    return sum(disk.size_of(path) if path.is_dir() else path.stat().st_size for path in found)


@contextmanager
def _stopped(yes: bool) -> Iterator[None]:
    """The node is stopped inside, and runs after it if it did before, whatever happened."""
    if node.state().status == "stopped":
        yield
        return
    console.ask("Stop the platform while its data is copied?", yes)
    node.down(tasks.Report("node"))
    try:
        yield
    finally:
        where = target.current()
        tasks.run(graph.tasks(where, graph.layers_of(where, ["node"])))
