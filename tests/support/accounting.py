"""What the node and all that runs on it cost, from the kernel's own books (cgroups version 1 and 2)."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from local.node import cgroups, machine


@dataclass(frozen=True)
class Cost:
    """Memory that can't be reclaimed without loss, and processor time a second."""

    memory: int
    """Bytes: usage less the file cache that isn't in active use, as the kubelet counts."""
    cores: float


def folder_with(file: str) -> Path:
    """The node's folder in the hierarchy that has a file.

    Raises:
        FileNotFoundError: The node has none; it isn't running, or its processes are outside.
    """
    for folder in cgroups.tree(machine.detect()).folders:
        if (folder / file).is_file():
            return folder
    raise FileNotFoundError(f"the node has no cgroup with {file}: is it running?")


def is_version_2() -> bool:
    """Whether this machine has the one hierarchy of version 2."""
    return machine.detect().cgroup_version == 2


def memory_file() -> str:
    """The file of a cgroup that says how much memory it uses."""
    return "memory.current" if is_version_2() else "memory.usage_in_bytes"


def forget_files() -> None:
    """Have the kernel let go of what it keeps of files: what is in use comes back, what was read once doesn't."""
    Path("/proc/sys/vm/drop_caches").write_text("1\n")


def of_pods(folder: Path, uids: Collection[str]) -> list[Path]:
    """The folders of these pods below the node's; with systemd's driver an uid has underscores."""
    names = {uid.replace("-", "_") for uid in uids}
    found = (path for path in folder.rglob("*pod*") if path.is_dir())
    return [path for path in found if any(name in path.name.replace("-", "_") for name in names)]


def memory(folder: Path | None = None) -> int:
    """Bytes in use by the node's tree now, or by one of its folders."""
    usage, cache = memory_file(), "inactive_file" if is_version_2() else "total_inactive_file"
    folder = folder or folder_with(usage)
    statistics = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    return int((folder / usage).read_text()) - int(statistics[cache])


def cpu_seconds(folder: Path | None = None) -> float:
    """Processor time that the node's tree, or one of its folders, has used so far."""
    if is_version_2():
        folder = folder or folder_with("cpu.stat")
        statistics = dict(line.split() for line in (folder / "cpu.stat").read_text().splitlines())
        return int(statistics["usage_usec"]) / 1e6
    return int(((folder or folder_with("cpuacct.usage")) / "cpuacct.usage").read_text()) / 1e9


def measure(seconds: float, samples: int = 6, without: Collection[str] = ()) -> Cost:
    """The cost over a time: the mean of the processor, the highest of the memory's samples.

    Args:
        seconds: How long.
        samples: Of the memory.
        without: The uids of pods that are left out.
    """
    start, used = time.monotonic(), _cpu_seconds_without(without)
    most = 0
    for _ in range(samples):
        time.sleep(seconds / samples)
        left_out = sum(memory(folder) for folder in of_pods(folder_with(memory_file()), without))
        most = max(most, memory() - left_out)
    return Cost(most, (_cpu_seconds_without(without) - used) / (time.monotonic() - start))


def _cpu_seconds_without(uids: Collection[str]) -> float:
    folder = folder_with("cpu.stat" if is_version_2() else "cpuacct.usage")
    return cpu_seconds() - sum(cpu_seconds(one) for one in of_pods(folder, uids))


def by_group() -> dict[str, int]:
    """Memory of each group right below the node's, for people who want to know where it goes."""
    usage = memory_file()
    folder = folder_with(usage)
    return {path.parent.name: int(path.read_text()) for path in sorted(folder.glob(f"*/{usage}"))}
