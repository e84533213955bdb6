"""The embedded node survives what happens to machines, and shows itself to nobody outside."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from local import node
from local.node import cgroups, machine, mounts, network, processes, programs
from local.node.config import NodeConfig
from local.node.layout import layout
from tests.e2e.conftest import Platform
from tests.support.cluster import Cluster
from tests.support.commands import mlp

pytestmark = [pytest.mark.cluster, pytest.mark.root, pytest.mark.timeout(600)]

BACK_SECONDS = 90
NAMESPACE = "e2e-node"
OUTSIDE = "e2e-outside"


@dataclass(frozen=True)
class Kept:
    """What must survive: a token in an object and in a file on a volume."""

    token: str
    cluster: Cluster

    def is_there(self) -> None:
        found = self.cluster.get("configmap", "kept", "-n", NAMESPACE)
        assert found["data"] == {"token": self.token}
        self.cluster.kubectl("rollout", "status", "deployment/kept", "-n", NAMESPACE, "--timeout=60s")
        said = self.cluster.kubectl("exec", "deployment/kept", "-n", NAMESPACE, "--", "cat", "/data/token")
        assert said.strip() == self.token

    def started(self) -> str:
        """When its container was started."""
        (pod,) = self.cluster.items("pods", "-n", NAMESPACE)
        started: str = pod["status"]["containerStatuses"][0]["state"]["running"]["startedAt"]
        return started


def workload(token: str, image: str) -> str:
    """A ConfigMap, a claim of the default class and a restricted pod that writes the token once."""
    write_once = "test -e /data/token || echo $TOKEN > /data/token; exec python3 -m http.server --directory /data 8000"
    container = {
        "name": "kept",
        "image": image,
        "imagePullPolicy": "Never",
        "command": ["sh", "-c", write_once],
        "env": [{"name": "TOKEN", "value": token}],
        "readinessProbe": {"httpGet": {"port": 8000, "path": "/token"}, "periodSeconds": 1},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    pod = {
        "terminationGracePeriodSeconds": 1,
        "securityContext": {
            "runAsUser": 12345,
            "fsGroup": 12345,
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "kept"}}],
    }
    labels = {"app": "kept"}
    restricted = {"pod-security.kubernetes.io/enforce": "restricted"}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "16Mi"}}}
    template = {"metadata": {"labels": labels}, "spec": pod}
    metadata = {"name": "kept", "namespace": NAMESPACE}
    objects = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": restricted}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"token": token}},
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": claim},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": labels, "ports": [{"port": 80, "targetPort": 8000}]},
        },
    ]
    return yaml.safe_dump_all(objects)


@pytest.fixture(scope="module")
def made(platform: Platform, cluster: Cluster) -> Iterator[Kept]:
    provisioner = cluster.get("deployment", "local-path-provisioner", "-n", "local-path-storage")
    image = provisioner["spec"]["template"]["spec"]["containers"][0]["image"]
    result = Kept(secrets.token_hex(8), cluster)
    # What an earlier run left has another token on its volume.
    cluster.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=100s")
    cluster.kubectl("apply", "-f", "-", given=workload(result.token, image))
    try:
        result.is_there()
        yield result
    finally:
        cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


@pytest.fixture
def kept(made: Kept) -> Kept:
    """There before each test, which may do what it likes to the node."""
    made.is_there()
    return made


def kill_everything() -> None:
    """kill -9 of every process of the node and of its pods."""
    tree = cgroups.tree(machine.detect())
    assert tree.pids("runtime")
    while left := tree.pids():
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def forget_as_a_reboot_does() -> None:
    """Take away all that lives in memory: mounts, /run, links, rules, cgroups, kernel settings."""
    where, tree = layout(), cgroups.tree(machine.detect())
    assert mounts.undo([where.run, where.containerd, where.kubelet]) == []
    shutil.rmtree(where.run)
    network.down(NodeConfig())
    assert tree.remove() == []
    Path("/proc/sys/net/ipv4/ip_forward").write_text("0")


def test_killed_it_is_back_with_its_data(kept: Kept, say: Callable[[str], None]) -> None:
    kill_everything()
    state = node.state()
    assert state.status == "broken"
    assert any("kubelet isn't running" in reason for reason in state.reasons)
    ran = mlp("up", "--yes", seconds=300).must_succeed()
    kept.is_there()
    say(f"everything killed: back after {ran.seconds:.1f} s, promised {BACK_SECONDS} s")
    assert ran.seconds < BACK_SECONDS
    assert node.state().status == "running"


def test_rebooted_it_is_back_with_its_data(kept: Kept, say: Callable[[str], None]) -> None:
    kill_everything()
    forget_as_a_reboot_does()
    ran = mlp("up", "--yes", seconds=300).must_succeed()
    kept.is_there()
    say(f"as after a reboot: back after {ran.seconds:.1f} s, promised {BACK_SECONDS} s")
    assert ran.seconds < BACK_SECONDS
    assert node.state().status == "running"


@pytest.mark.parametrize("program", programs.LOGGING)
def test_one_dead_program_is_back_by_itself_under_running_pods(kept: Kept, program: str) -> None:
    running = processes.running(layout().pid_file(program))
    assert running is not None
    started = kept.started()
    os.kill(running.pid, signal.SIGKILL)
    limit = time.monotonic() + BACK_SECONDS
    while (now := processes.running(layout().pid_file(program))) is None or now.pid == running.pid:
        assert time.monotonic() < limit
        time.sleep(0.1)
    while True:
        try:
            # containerd's socket is there a moment after its process.
            assert node.state().status == "running", node.state().reasons
            kept.is_there()
            break
        except AssertionError:
            if time.monotonic() > limit:
                raise
            time.sleep(0.5)
    assert kept.started() == started


def test_a_dead_keeper_is_named_and_replaced(kept: Kept) -> None:
    running = processes.running(layout().pid_file(programs.KEEPER))
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)
    while processes.running(layout().pid_file(programs.KEEPER)):
        pass
    assert f"{programs.KEEPER} isn't running (run `mlp up`)" in node.state().reasons
    mlp("up", "--yes", seconds=300).must_succeed()
    assert node.state().status == "running"
    kept.is_there()


def test_a_pod_reaches_services_names_and_the_registry(kept: Kept) -> None:
    urls = [
        "http://kept/token",
        f"http://kept.{NAMESPACE}.svc.cluster.local/token",
        f"http://{NodeConfig().registry}/v2/",
    ]
    # kube-proxy learns of a Service's first pod a moment after that pod is ready.
    code = """
import sys, time, urllib.request
for url in sys.argv[1:]:
    for attempt in range(30):
        try:
            print(urllib.request.urlopen(url, timeout=10).status)
            break
        except OSError:
            time.sleep(0.5)
"""
    said = kept.cluster.kubectl("exec", "deployment/kept", "-n", NAMESPACE, "--", "python3", "-c", code, *urls)
    assert said.split() == ["200"] * len(urls)


def test_the_registry_is_announced(platform: Platform, cluster: Cluster) -> None:
    found = cluster.get("configmap", "local-registry-hosting", "-n", "kube-public")
    hosting = yaml.safe_load(found["data"]["localRegistryHosting.v1"])
    assert set(hosting.values()) == {NodeConfig().registry}


def test_metrics_of_node_and_pods_are_served(platform: Platform, cluster: Cluster) -> None:
    cluster.kubectl("wait", "apiservice/v1beta1.metrics.k8s.io", "--for=condition=Available", "--timeout=90s")
    # Rounds of measurement are 30 s apart, and there is something to tell after the second.
    limit = time.monotonic() + 90
    while NodeConfig().name not in (said := cluster.kubectl("get", "--raw", "/apis/metrics.k8s.io/v1beta1/nodes")):
        assert time.monotonic() < limit, said
        time.sleep(1)


def test_everything_listens_on_the_nodes_address_or_loopback(platform: Platform) -> None:
    ours = {_inode(link) for pid in cgroups.tree(machine.detect()).pids() for link in Path(f"/proc/{pid}/fd").glob("*")}
    listening = {}
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in ours:
                listening[fields[1].rpartition(":")[0]] = fields[1]
    # As the kernel writes addresses: in hexadecimal, the last byte first.
    assert set(listening) == {"0100007F", "01004064"}, listening


def _inode(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""


@pytest.fixture
def outside() -> Iterator[list[str]]:
    """A neighbour on a network of the machine, who sends packets for the node to it. Gives a command prefix."""
    inside = ["ip", "netns", "exec", OUTSIDE]
    had_folder = Path("/run/netns").exists()
    commands = [
        ["ip", "netns", "add", OUTSIDE],
        ["ip", "link", "add", "e2e-near", "type", "veth", "peer", "name", "e2e-far", "netns", OUTSIDE],
        ["ip", "address", "add", "198.18.9.1/30", "dev", "e2e-near"],
        ["ip", "link", "set", "e2e-near", "up"],
        [*inside, "ip", "address", "add", "198.18.9.2/30", "dev", "e2e-far"],
        [*inside, "ip", "link", "set", "e2e-far", "up"],
        [*inside, "ip", "route", "add", "default", "via", "198.18.9.1"],
    ]
    try:
        for command in commands:
            subprocess.run(command, check=True)
        yield inside
    finally:
        subprocess.run(["ip", "netns", "delete", OUTSIDE], check=False)
        subprocess.run(["ip", "link", "delete", "e2e-near"], check=False, capture_output=True)
        if not had_folder:
            # `ip netns` mounts the folder on itself and leaves that behind.
            subprocess.run(["umount", "/run/netns"], check=False, capture_output=True)
            shutil.rmtree("/run/netns", ignore_errors=True)


def test_a_neighbour_reaches_neither_node_nor_pods(outside: list[str], kept: Kept) -> None:
    (pod,) = kept.cluster.items("pods", "-n", NAMESPACE)
    service = kept.cluster.get("service", "kept", "-n", NAMESPACE)["spec"]["clusterIP"]
    targets = [
        (NodeConfig().address, NodeConfig().api_port),
        (NodeConfig().address, NodeConfig().registry_port),
        (pod["status"]["podIP"], 8000),
        (service, 80),
    ]
    code = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2)"
    for address, port in targets:
        tried = subprocess.run(
            [*outside, "python3", "-c", code, address, str(port)], capture_output=True, text=True, check=False
        )
        assert tried.returncode != 0, f"{address}:{port} answered a neighbour"
        assert "timed out" in tried.stderr or "refused" in tried.stderr or "unreachable" in tried.stderr, tried.stderr
    # The way is open, so it was the node that didn't answer: the machine itself refuses at once.
    tried = subprocess.run([*outside, "python3", "-c", code, "198.18.9.1", "1"], capture_output=True, text=True)
    assert "refused" in tried.stderr
