"""The machine that figures are taken on."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

LOOK_SECONDS = 3.0


def described() -> str:
    """Cores, memory and kernel on one line."""
    return f"{cores()} cores ({processor()}), {memory_gib():.0f} GiB, Linux {platform.release()}"


def cores() -> int:
    """How many it has."""
    return os.cpu_count() or 1


def busy_seconds() -> float:
    """Processor time that everything on the machine has used so far."""
    user, nice, system, _, _, *rest = map(int, Path("/proc/stat").read_text().splitlines()[0].split()[1:8])
    return (user + nice + system + sum(rest)) / os.sysconf("SC_CLK_TCK")


def wait_for_quiet(cores: float = 0.5, within: float = 60.0) -> float:
    """Until everything on it together uses no more than so many cores for `LOOK_SECONDS`, or has had its time.

    What is promised of a latency is promised of a machine with nothing else to do.

    Returns:
        How many it used last.
    """
    end = time.monotonic() + within
    while True:
        before = busy_seconds()
        time.sleep(LOOK_SECONDS)
        used = (busy_seconds() - before) / LOOK_SECONDS
        if used <= cores or time.monotonic() > end:
            return used


def processor() -> str:
    """The processor's name as the kernel has it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def memory_gib() -> float:
    """Memory of the machine."""
    line = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal:"))
    return int(line.split()[1]) / 2**20


def load() -> str:
    """What else goes on: the load averages, which tell whether figures can be trusted."""
    return " ".join(f"{value:.1f}" for value in os.getloadavg())
