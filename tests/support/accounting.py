"""What the node and all that runs on it cost, from the kernel's own books (cgroups version 1 and 2)."""

from __future__ import annotations

import time
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


def memory() -> int:
    """Bytes in use by the node's tree now."""
    usage, cache = (
        ("memory.current", "inactive_file") if is_version_2() else ("memory.usage_in_bytes", "total_inactive_file")
    )
    folder = folder_with(usage)
    statistics = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    return int((folder / usage).read_text()) - int(statistics[cache])


def cpu_seconds() -> float:
    """Processor time that the node's tree has used so far."""
    if is_version_2():
        folder = folder_with("cpu.stat")
        statistics = dict(line.split() for line in (folder / "cpu.stat").read_text().splitlines())
        return int(statistics["usage_usec"]) / 1e6
    return int((folder_with("cpuacct.usage") / "cpuacct.usage").read_text()) / 1e9


def measure(seconds: float, samples: int = 6) -> Cost:
    """The cost over a time: the mean of the processor, the highest of the memory's samples."""
    start, used = time.monotonic(), cpu_seconds()
    most = 0
    for _ in range(samples):
        time.sleep(seconds / samples)
        most = max(most, memory())
    return Cost(most, (cpu_seconds() - used) / (time.monotonic() - start))


def by_group() -> dict[str, int]:
    """Memory of each group right below the node's, for people who want to know where it goes."""
    usage = "memory.current" if is_version_2() else "memory.usage_in_bytes"
    folder = folder_with(usage)
    return {path.parent.name: int(path.read_text()) for path in sorted(folder.glob(f"*/{usage}"))}
