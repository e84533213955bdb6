"""Prometheus with the platform's rules on monitoring itself, on a volume of 30 MB that can be filled."""

from __future__ import annotations

import json
import re
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from components.platform.rules import monitoring, render
from tests.support.cluster import Cluster
from tests.support.pods import container, pod

NAMESPACE, NAME, PORT = "e2e-full-disk", "prometheus", 9090
FILL = "head -c 40M /dev/zero >/data/fill; test -s /data/fill"


@dataclass(frozen=True)
class Server:
    """It, through the API server."""

    cluster: Cluster

    def get(self, path: str) -> str:
        """What it answers; nothing while it doesn't."""
        try:
            return self.cluster.kubectl(
                "get", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/{NAME}:{PORT}/proxy{path}", seconds=20
            )
        except AssertionError:
            return ""

    def query(self, expression: str) -> list[Any]:
        """Values now."""
        answer = self.get(f"/api/v1/query?{urllib.parse.urlencode({'query': expression})}")
        return [one["value"][1] for one in json.loads(answer)["data"]["result"]] if answer else []

    def age(self) -> float:
        """How old the newest sample is, in seconds."""
        found = self.query("time() - max(timestamp(up))")
        return float(found[0]) if found else float("inf")

    def counter(self, name: str) -> float:
        """A counter as the process has it, recorded or not."""
        found = re.search(rf"^{name} (\S+)$", self.get("/metrics"), re.MULTILINE)
        return float(found[1]) if found else 0.0

    def firing(self) -> set[str]:
        """Names of alerts."""
        answer = self.get("/api/v1/alerts")
        alerts = json.loads(answer)["data"]["alerts"] if answer else []
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}

    def fill(self) -> None:
        """Until nothing fits any more."""
        self.cluster.kubectl("exec", "-n", NAMESPACE, NAME, "--", "sh", "-c", FILL)

    def make_room(self) -> None:
        """As before."""
        self.cluster.kubectl("exec", "-n", NAMESPACE, NAME, "--", "rm", "/data/fill")

    def restarts(self) -> int:
        """Of its container."""
        status = self.cluster.get("pod", "-n", NAMESPACE, NAME)["status"]
        return int(status["containerStatuses"][0]["restartCount"])

    def wait(self, is_so: Callable[[], bool], what: str, seconds: float) -> None:
        """Until something is so."""
        end = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < end, f"after {seconds:.0f} s it isn't so that {what}"
            time.sleep(0.5)


def objects(image: str) -> list[dict[str, Any]]:
    """Namespace, configuration, pod."""
    group = replace(monitoring.GROUP, interval="2s")
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "2s"},
        "rule_files": ["/config/rules.yml"],
        "scrape_configs": [
            {"job_name": "prometheus", "static_configs": [{"targets": [f"127.0.0.1:{PORT}"]}]},
        ],
    }
    files = {"prometheus.yml": json.dumps(config), "rules.yml": json.dumps(render.rules(group))}
    command = ["prometheus", "--config.file=/config/prometheus.yml", "--storage.tsdb.path=/data"]
    mounts = [{"name": name, "mountPath": f"/{name}"} for name in ("config", "data")]
    # What is in such a volume counts as the container's memory.
    resources = {"requests": {"cpu": "10m", "memory": "256Mi"}, "limits": {"memory": "256Mi"}}
    volumes = [
        {"name": "config", "configMap": {"name": NAME}},
        {"name": "data", "emptyDir": {"medium": "Memory", "sizeLimit": "30Mi"}},
    ]
    one = container(image, command=command, volumeMounts=mounts, resources=resources)
    security = {"pod-security.kubernetes.io/enforce": "restricted"}
    made = pod(NAMESPACE, NAME, [one], volumes=volumes, restartPolicy="Always", terminationGracePeriodSeconds=1)
    made["spec"]["securityContext"]["fsGroup"] = 10001
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": security}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": NAME, "namespace": NAMESPACE}, "data": files},
        made,
    ]


@contextmanager
def server(cluster: Cluster, image: str) -> Iterator[Server]:
    """It runs until the end of the block."""
    try:
        for item in objects(image):
            cluster.kubectl("apply", "-f", "-", given=json.dumps(item))
        yield Server(cluster)
    finally:
        cluster.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false")
