"""The node's own part of the cgroup tree: everything it runs is in it, so it can be found and ended.

mlplatform/runtime     containerd and its shims
mlplatform/kubelet     the kubelet
mlplatform/kubepods    pods, made by the kubelet
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from local.node.machine import Machine
from local.node.shell import run

NAME = "mlplatform"
ROOT = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Tree:
    """The node's folder in each cgroup hierarchy: one on version 2, one for each controller on version 1."""

    folders: tuple[Path, ...]
    systemd: bool

    @property
    def kubelet_root(self) -> str:
        """The kubelet's `cgroupRoot`; with the systemd driver it makes `mlplatform.slice` of it by itself."""
        return f"/{NAME}"

    def create(self) -> None:
        """Make the folders, with what each version needs before a process may enter."""
        if self.systemd:
            run(["systemctl", "start", f"{NAME}.slice"])
            return
        for folder in self.folders:
            folder.mkdir(exist_ok=True)
            _inherit_cpuset(folder)
            for level in (folder.parent, folder):
                _pass_controllers_on(level)

    def entry(self, name: str) -> list[Path]:
        """The `cgroup.procs` files that a process writes itself into to be in `name`; with systemd `prefix` does it."""
        result = []
        for folder in () if self.systemd else self.folders:
            (folder / name).mkdir(parents=True, exist_ok=True)
            _inherit_cpuset(folder / name)
            result.append(folder / name / "cgroup.procs")
        return result

    def prefix(self, name: str) -> tuple[str, ...]:
        """What to put before a command so that systemd runs it in a scope of the slice, as the same process."""
        if not self.systemd:
            return ()
        # A scope lives as long as any process in it, shims too: each start has a name of its own.
        unit = f"--unit={NAME}-{name}-{time.time_ns()}"
        return ("systemd-run", "--scope", "--quiet", f"--slice={NAME}.slice", unit, "--property=Delegate=yes")

    def pids(self, below: str = "") -> set[int]:
        """Every process in the tree, or in one of its folders whose name contains `below`."""
        found: set[int] = set()
        for folder in self.folders:
            # os.walk passes over what vanishes while it looks, as cgroups of ending pods do; Path.rglob raises.
            for inner, _, _ in os.walk(folder):
                if below in str(Path(inner).relative_to(folder)):
                    with contextlib.suppress(OSError):
                        found.update(int(pid) for pid in Path(inner, "cgroup.procs").read_text().split())
        return found - {0, os.getpid()}

    def end_all(self, timeout: float = 20) -> set[int]:
        """Kill whatever is left in the tree. Returns those that wouldn't die."""
        limit = time.monotonic() + timeout
        while (left := self.pids()) and time.monotonic() < limit:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        return left

    def remove(self) -> list[Path]:
        """Remove the folders, deepest first. Returns those that couldn't be."""
        if self.systemd:
            run(["systemctl", "stop", f"{NAME}.slice"])
        left = []
        for folder in self.folders:
            for inner in sorted((Path(path) for path, _, _ in os.walk(folder)), reverse=True):
                if not _rmdir(inner):
                    left.append(inner)
        return left


def tree(machine: Machine, root: Path = ROOT) -> Tree:
    """The node's tree on this machine."""
    systemd = machine.cgroup_driver == "systemd"
    name = f"{NAME}.slice" if systemd else NAME
    if machine.cgroup_version == 2:
        hierarchies = [root]
    else:
        # Links such as `cpu -> cpu,cpuacct` name a hierarchy twice.
        hierarchies = sorted(
            path for path in root.iterdir() if not path.is_symlink() and (path / "cgroup.procs").exists()
        )
    return Tree(folders=tuple(hierarchy / name for hierarchy in hierarchies), systemd=systemd)


def _inherit_cpuset(folder: Path) -> None:
    for name in ("cpuset.cpus", "cpuset.mems"):
        own, parents = folder / name, folder.parent / name
        if own.exists() and parents.exists() and "cpuset" in folder.parts and not own.read_text().strip():
            own.write_text(parents.read_text())


def _pass_controllers_on(folder: Path) -> None:
    """Version 2: let the folder's children have its controllers; the kubelet asks for them before it makes any."""
    controllers = folder / "cgroup.controllers"
    for name in controllers.read_text().split() if controllers.is_file() else ():
        # One by one: some can't be passed on everywhere, and nothing needs those.
        with contextlib.suppress(OSError):
            (folder / "cgroup.subtree_control").write_text(f"+{name}")


def _rmdir(folder: Path) -> bool:
    for _ in range(40):
        try:
            folder.rmdir()
        except FileNotFoundError:
            return True
        except OSError:
            time.sleep(0.05)  # the kernel frees a cgroup a moment after its last process
        else:
            return True
    return False
