"""kill -9 from outside of what runs in pods: the machine's own process numbers, no command inside."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.support import processes
from tests.support.cluster import Cluster

HOLDS_THE_NETWORK = "pause"


def pods(cluster: Cluster, namespace: str, selector: str) -> list[dict[str, Any]]:
    """Pods that run, by label."""
    return cluster.items("pods", "-n", namespace, "-l", selector, "--field-selector=status.phase=Running")


def of_pod(pod: dict[str, Any]) -> dict[int, str]:
    """The processes in a pod's containers by number, with what they are called."""
    uid, found = pod["metadata"]["uid"], {}
    for file, text in processes.files("cgroup"):
        # systemd's names of groups have underscores.
        if uid not in text.decode().replace("_", "-"):
            continue
        folder = Path(file).parent
        with contextlib.suppress(OSError):
            title = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            if (folder / "comm").read_text().strip() != HOLDS_THE_NETWORK:
                found[int(folder.name)] = title
    return found


def kill(numbers: Iterable[int]) -> None:
    """SIGKILL to all, and wait until they have ended."""
    left = set(numbers)
    assert left, "there is nothing to kill"
    for number in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    end = time.monotonic() + 10
    while left := {number for number in left if processes.is_alive(number)}:
        assert time.monotonic() < end, f"{left} survived SIGKILL"
        time.sleep(0.02)
