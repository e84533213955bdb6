"""PySpark from a notebook's pod: its executors are pods of the team. Where no image has Spark, that is said."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from secrets import token_hex
from typing import Any

import pytest

from images import releases
from local.node.config import NodeConfig
from tests.e2e.conftest import Teams
from tests.support.cluster import Cluster
from tests.support.spark_driver import driver

IMAGE = "notebook"
EXECUTORS = "spark-role=executor"
SECONDS = 240


def image() -> str:
    """The image that has Spark; empty where nobody built it."""
    digest = releases.read(releases.LOCAL).get(IMAGE)
    return f"{NodeConfig().registry}/mlplatform/{IMAGE}@{digest}" if digest else ""


def phase(cluster: Cluster, namespace: str, name: str) -> str:
    return str(cluster.get("pod", "-n", namespace, name)["status"]["phase"])


@pytest.mark.timeout(2 * SECONDS)
def test_executors_are_pods_of_the_team(teams: Teams, cluster: Cluster, say: Callable[[str], None]) -> None:
    if not (reference := image()):
        say("Spark with executors as pods: not run, image notebook isn't built here (`make notebook-image`)")
        pytest.skip("image notebook isn't built here")
    name, team = f"notebook-e2e-{token_hex(3)}", teams.search
    cluster.kubectl("apply", "-f", "-", given=json.dumps(driver(team, name, reference)))
    seen: dict[str, dict[str, Any]] = {}
    end = time.monotonic() + SECONDS
    try:
        while phase(cluster, team, name) not in ("Succeeded", "Failed") and time.monotonic() < end:
            for pod in cluster.items("pods", "-n", team, "-l", EXECUTORS):
                if any(owner["name"] == name for owner in pod["metadata"].get("ownerReferences", [])):
                    seen[pod["metadata"]["name"]] = pod
            time.sleep(0.5)
        log = cluster.kubectl("logs", "-n", team, name)
        assert phase(cluster, team, name) == "Succeeded", log[-3000:]
    finally:
        cluster.kubectl("delete", "pod", "-n", team, name, "--wait=false")
    (line,) = [text for text in log.splitlines() if text.startswith("RESULT ")]
    said = json.loads(line.removeprefix("RESULT "))
    assert said["total"] == 499_999_500_000
    assert said["words"] == {"a": 4, "b": 2}
    assert len(said["hosts"]) == 2
    assert set(said["hosts"]) <= set(seen)
    assert said["driver"] not in said["hosts"]
    for pod in seen.values():
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert pod["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True
        assert pod["spec"]["containers"][0]["image"] == reference
    say(f"Spark from a notebook, 2 executors as pods, until the first result: {said['seconds']} s")
    left = [pod["metadata"]["name"] for pod in cluster.items("pods", "-n", team, "-l", EXECUTORS)]
    gone = time.monotonic() + 60
    while set(left) & set(seen) and time.monotonic() < gone:
        time.sleep(1)
        left = [pod["metadata"]["name"] for pod in cluster.items("pods", "-n", team, "-l", EXECUTORS)]
    assert not set(left) & set(seen)
