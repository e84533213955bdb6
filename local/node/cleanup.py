"""Taking away what the node made on the machine, whether it was ended well or not."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import time
from pathlib import Path

from local.node import mounts
from local.node.cgroups import Tree
from local.node.layout import Layout
from local.problem import Problem

SHIM_SOCKETS = Path("/run/containerd/s")
"""Where containerd 1.x's shims listen, whatever its configuration says."""

# CNI and the kubelet let nobody choose these either.
CNI_RESULTS = Path("/var/lib/cni/results")
DEVICE_PLUGINS = Path("/var/lib/kubelet/device-plugins")
LOG_LINKS = Path("/var/log/containers")


def end_containers(tree: Tree, timeout: float = 10) -> None:
    """Ask every container's first process to end, and wait for it: databases close their files.

    Only children of the shims are asked; what they started is theirs to end.
    """
    shims = tree.pids("runtime")
    first = {pid for pid in tree.pids("kubepods") if _parent(pid) in shims}
    for pid in first:
        # The API server keeps nothing, would wait for watchers that have gone, and etcd would wait for it.
        number = signal.SIGKILL if _command(pid) == "kube-apiserver" else signal.SIGTERM
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    limit = time.monotonic() + timeout
    while first & tree.pids("kubepods") and time.monotonic() < limit:
        time.sleep(0.1)


def leftovers(layout: Layout, tree: Tree) -> list[str]:
    """End, unmount and remove all that belongs to running pods. Returns what couldn't be, in words."""
    left = [f"process {pid} ({_command(pid)})" for pid in tree.end_all()]
    left += [f"mount {point}" for point in mounts.undo([layout.run, layout.containerd, layout.kubelet])]
    if not left:
        # Only now: below a mount there would be somebody's data.
        shutil.rmtree(layout.run, ignore_errors=True)
        shutil.rmtree(layout.containerd / "tmpmounts", ignore_errors=True)
    _dead_sockets()
    _log_links(layout)
    return left


def data(layout: Layout) -> None:
    """Remove the node's data, and what the kubelet and CNI keep in folders that can't be chosen.

    Raises:
        Problem: Something is mounted among the data.
    """
    left = mounts.below([layout.data], Path("/proc/self/mountinfo").read_text())
    left = [point for point in left if point != layout.data]  # that is a disk of its owner, to be emptied
    if left:
        raise Problem(f"mounted below {layout.data}: {', '.join(map(str, left))}", "unmount it, then `mlp purge` again")
    shutil.rmtree(layout.data, ignore_errors=True)
    for ours in list(CNI_RESULTS.glob("mlplatform-*-eth0")):
        # CNI keeps one file for each of a pod's networks, loopback among them.
        for result in CNI_RESULTS.glob(f"*-{ours.name.split('-')[1]}-*"):
            result.unlink()
    (DEVICE_PLUGINS / "kubelet_internal_checkpoint").unlink(missing_ok=True)
    for folder in (CNI_RESULTS, CNI_RESULTS.parent, DEVICE_PLUGINS, DEVICE_PLUGINS.parent):
        with contextlib.suppress(OSError):  # somebody else's things are in it
            folder.rmdir()


def _dead_sockets() -> None:
    if not SHIM_SOCKETS.is_dir():
        return
    alive = {line.split()[-1] for line in Path("/proc/net/unix").read_text().splitlines()}
    for path in SHIM_SOCKETS.iterdir():
        if stat.S_ISSOCK(path.lstat().st_mode) and str(path) not in alive:
            path.unlink()
    for folder in (SHIM_SOCKETS, SHIM_SOCKETS.parent):
        with contextlib.suppress(OSError):
            folder.rmdir()


def _log_links(layout: Layout) -> None:
    """The kubelet makes a link to each container's log."""
    if not LOG_LINKS.is_dir():
        return
    for link in LOG_LINKS.iterdir():
        if link.is_symlink() and link.readlink().is_relative_to(layout.logs):
            link.unlink()
    with contextlib.suppress(OSError):
        LOG_LINKS.rmdir()


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return "ended"
