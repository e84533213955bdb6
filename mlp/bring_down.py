"""The steps of `mlp down` and `mlp purge`."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from images import releases
from local import node, paths
from local.problem import Problem
from local.tasks import Report
from mlp import checks, config, console, disk, environment, locks, target, team_stacks, teams
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
    checks.require_root()
    for stack in config.standing():
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
    if not where.embedded and config.standing():
        raise Problem(
            f"stacks stand on the cluster {where.context}, and their state would be lost",
            "destroy them first: `mlp down`",
        )
    folders = [_removable(folder) for folder in (paths.home(), paths.cache()) if folder.is_dir()]
    listed = ", ".join(f"{folder} ({console.size(disk.size_of(folder))})" for folder in folders)
    console.ask(f"Stop the platform and remove all data and caches: {listed or 'nothing is there'}?", yes)
    if where.embedded:
        checks.require_root()
        node.purge(Report("node"))
    for path in sorted(config.path_of("local-*").parent.glob(config.path_of("local-*").name)):
        config.drop_secrets(path)
    # It names images of the registry that went.
    releases.path_of(releases.LOCAL).unlink(missing_ok=True)
    for folder in folders:
        _remove(folder)
    console.say("removed; `make up` starts from nothing")


def _destroy(where: Target, yes: bool) -> None:
    standing = config.standing()[::-1]
    if not standing:
        console.say("no stack stands")
        return
    console.ask(f"Destroy {' and '.join(standing)} on the cluster {where.context}, their data too?", yes)
    environment.enter()
    # Before the platform, whose controller takes away what they have in the shared tools.
    team_stacks.destroy(teams.standing(), where)
    for name in (stack for stack in standing if not stack.startswith(teams.PREFIX)):
        console.heading(f"stack {name}")
        stack = config.open_stack(name, where)
        stack.settle()
        stack.destroy()


def _removable(folder: Path) -> Path:
    """The folder, unless more than the platform's own things are in it.

    Raises:
        Problem: MLP_HOME or MLP_CACHE names a folder that others use too.
    """
    for kept in (Path.home(), paths.checkout(), Path("/usr"), Path("/etc")):
        if kept == folder or kept.is_relative_to(folder):
            raise Problem(
                f"{folder} holds {kept}, so it isn't removed",
                "set MLP_HOME and MLP_CACHE to folders of the platform alone, and remove this one's content by hand",
            )
    return folder


def _remove(folder: Path) -> None:
    if os.geteuid() != 0:
        # Go writes its module cache read-only, which only root can remove as it is.
        subprocess.run(["chmod", "-R", "u+w", folder], check=False)
    shutil.rmtree(folder)
