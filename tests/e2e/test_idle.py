"""The platform at rest: node, foundation and platform together cost less than promised."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.team.names import WORKER
from tests.e2e.conftest import Platform
from tests.support import accounting
from tests.support.cluster import Cluster

SETTLE_SECONDS = 30
MEASURE_SECONDS = 60
MEMORY = 2 * 2**30
CORES = 0.3
# They are outside of the node, whose own cost is measured.
pytestmark = pytest.mark.usefixtures("engine_units")


@pytest.mark.timeout(300)
def test_idle_costs_little(platform: Platform, cluster: Cluster, say: Callable[[str], None]) -> None:
    # What `up` stirred (starts, probes, compaction) isn't idling.
    time.sleep(max(0.0, SETTLE_SECONDS - (time.monotonic() - platform.ready_at)))
    assert not any(item["status"]["phase"] == "Pending" for item in cluster.own_pods())
    # The pipeline that `up` pushed has its first run, which keeps MLflow and the object store busy.
    end = time.monotonic() + SETTLE_SECONDS
    while any(is_task(pod) for pod in of_teams(cluster)) and time.monotonic() < end:
        time.sleep(1)
    # Images that were unpacked since the node started are files that were read once.
    accounting.forget_files()
    # A team is counted by itself (test_team_up.py).
    teams = [pod["metadata"]["uid"] for pod in of_teams(cluster)]
    cost = accounting.measure(MEASURE_SECONDS, without=teams)
    groups = ", ".join(f"{name} {size / 2**20:.0f} MiB" for name, size in accounting.by_group().items())
    say(f"idle: {cost.memory / 2**20:.0f} MiB, {cost.cores:.3f} core over {MEASURE_SECONDS} s (with cache: {groups})")
    assert cost.memory > 200 * 2**20, "so little can't be a whole cluster: the wrong group was measured"
    assert cost.memory < MEMORY
    assert 0.005 < cost.cores < CORES


def of_teams(cluster: Cluster) -> list[dict[str, Any]]:
    return [pod for pod in cluster.items("pods", "-A") if pod["metadata"]["namespace"].startswith("team-")]


def is_task(pod: dict[str, Any]) -> bool:
    return pod["metadata"]["labels"].get("app.kubernetes.io/name") == WORKER


@pytest.mark.timeout(60)
def test_all_of_the_node_is_counted(platform: Platform) -> None:
    lists = accounting.folder_with("cgroup.procs").rglob("cgroup.procs")
    pids = {int(pid) for one in lists for pid in one.read_text().split()}
    names = {name_of(pid) for pid in pids}
    for wanted in ("containerd", "kubelet", "kube-apiserver", "etcd", "postgres"):
        # Programs that the toolchain built have their hash in their names.
        assert any(name.startswith(wanted) for name in names), f"{wanted} isn't in the node's cgroup: {sorted(names)}"


def name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
