"""The steps of `mlp down` and `mlp purge`."""

from __future__ import annotations

import shutil
from pathlib import Path

from local import node, paths
from local.problem import Problem
from local.tasks import Report
from mlp import config, console, disk, engine, environment, locks, target
from mlp.target import Target


def run(yes: bool) -> None:
    """Stop the node and keep its data; on a cluster of one's own, destroy the stacks.

    Raises:
        Problem: Somebody works on a stack just now.
    """
    where = target.current()
    if not where.embedded:
        _destroy(where, yes)
        return
    for stack in config.LOCAL_STACKS:
        locks.clear(stack)
    if node.state().status == "stopped":
        # Leftovers of a crash are no node any more, and go too.
        node.down(Report("node"))
        console.say("nothing is running")
        return
    console.ask("Stop the platform on this machine? Its data stays.", yes)
    node.down(Report("node"))
    console.say("stopped; `mlp up` has it back with its data")


def purge(yes: bool) -> None:
    """Stop the node and remove all that the platform keeps on this machine.

    Raises:
        Problem: The stacks stand on another cluster and would be left there.
    """
    where = target.current()
    if not where.embedded and any(map(config.exists, config.LOCAL_STACKS)):
        raise Problem(
            f"stacks stand on the cluster {where.context}, and their state would be lost", "destroy them first: `mlp down`"
        )
    folders = [folder for folder in (paths.home(), paths.cache()) if folder.is_dir()]
    listed = ", ".join(f"{folder} ({console.size(disk.size_of(folder))})" for folder in folders)
    console.ask(f"Stop the platform and remove all data and caches: {listed or 'nothing is there'}?", yes)
    if where.embedded:
        node.purge(Report("node"))
    for path in [config.path_of(stack) for stack in config.LOCAL_STACKS]:
        if path.exists():
            config.drop_secrets(path)
    for folder in folders:
        _remove(folder)
    console.say("removed; `make up` starts from nothing")


def _destroy(where: Target, yes: bool) -> None:
    standing = [stack for stack in reversed(config.LOCAL_STACKS) if config.exists(stack)]
    if not standing:
        console.say("no stack stands")
        return
    console.ask(f"Destroy {' and '.join(standing)} on the cluster {where.context}, their data too?", yes)
    environment.enter()
    for name in standing:
        console.heading(f"stack {name}")
        stack: engine.Stack = config.open_stack(name, where)
        stack.settle()
        stack.destroy()


def _remove(folder: Path) -> None:
    """Remove a folder; Go writes its module cache read-only, which root ignores and others must undo first."""

    def writable(function: object, path: str, error: BaseException) -> None:
        parent = Path(path).parent
        parent.chmod(0o700)
        Path(path).unlink(missing_ok=True)

    shutil.rmtree(folder, onexc=writable)
