"""NetworkPolicies are in force on the embedded node: soon, in both ways, also while nobody looks after them."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from local.node import processes, programs
from local.node.config import NodeConfig
from local.node.layout import layout
from tests.e2e.conftest import Platform
from tests.support.cluster import Cluster
from tests.support.pods import container
from tests.support.pods import pod as restricted_pod
from tests.support.reach import OPEN, REFUSED, reach

pytestmark = [pytest.mark.cluster, pytest.mark.root, pytest.mark.timeout(120)]

NEAR, FAR = "e2e-policies-near", "e2e-policies-far"
IN_FORCE_SECONDS = 5
WEB, OTHER = 8000, 8001
SERVE = f"python3 -m http.server {WEB} & exec python3 -m http.server {OTHER}"


@dataclass(frozen=True)
class Pods:
    """A server and a friend of it in one namespace, a client in another."""

    cluster: Cluster
    server: str
    """Its address."""

    def from_(self, pod: str, *targets: str) -> list[str]:
        """What a pod gets of each `host:port`: open, silent, or the error's name."""
        return reach(self.cluster, FAR if pod == "client" else NEAR, pod, list(targets))

    def wait(self, pod: str, targets: Sequence[str], wanted: Sequence[str]) -> float:
        """Seconds until a pod gets what is wanted.

        Raises:
            AssertionError: It doesn't in time.
        """
        start = time.monotonic()
        while (found := self.from_(pod, *targets)) != list(wanted):
            assert time.monotonic() - start < IN_FORCE_SECONDS, f"{pod} to {targets}: {found} instead of {wanted}"
        return time.monotonic() - start

    @property
    def web(self) -> str:
        return f"{self.server}:{WEB}"

    @property
    def other(self) -> str:
        return f"{self.server}:{OTHER}"

    def apply(self, name: str, namespace: str, **spec: Any) -> None:
        """A policy."""
        policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
        metadata = {"name": name, "namespace": namespace}
        text = yaml.safe_dump({**policy, "metadata": metadata, "spec": {"podSelector": {}, **spec}})
        self.cluster.kubectl("apply", "-f", "-", given=text)


def pod(namespace: str, name: str, image: str) -> dict[str, Any]:
    server = container(
        image,
        imagePullPolicy="Never",
        command=["sh", "-c", SERVE],
        ports=[{"name": "web", "containerPort": WEB}],
        readinessProbe={"tcpSocket": {"port": OTHER}, "periodSeconds": 1},
        resources={},
    )
    made = restricted_pod(namespace, name, [server], terminationGracePeriodSeconds=0)
    made["metadata"]["labels"] = {"app": name}
    return made


@pytest.fixture(scope="module")
def made(platform: Platform, cluster: Cluster) -> Iterator[Pods]:
    provisioner = cluster.get("deployment", "local-path-provisioner", "-n", "local-path-storage")
    image = provisioner["spec"]["template"]["spec"]["containers"][0]["image"]
    cluster.kubectl("delete", "namespace", NEAR, FAR, "--ignore-not-found", "--timeout=100s")
    objects: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"which": name}}}
        for name in (NEAR, FAR)
    ]
    objects += [pod(NEAR, "server", image), pod(NEAR, "friend", image), pod(FAR, "client", image)]
    service = {"selector": {"app": "server"}, "ports": [{"port": 80, "targetPort": "web"}]}
    metadata = {"name": "server", "namespace": NEAR}
    objects.append({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": service})
    cluster.kubectl("apply", "-f", "-", given=yaml.safe_dump_all(objects))
    for namespace in (NEAR, FAR):
        cluster.kubectl("wait", "pod", "--all", "-n", namespace, "--for=condition=Ready", "--timeout=60s")
    try:
        yield Pods(cluster, cluster.get("pod", "server", "-n", NEAR)["status"]["podIP"])
    finally:
        cluster.kubectl("delete", "namespace", NEAR, FAR, "--wait=false")


@pytest.fixture
def pods(made: Pods) -> Pods:
    """Without a policy."""
    for namespace in (NEAR, FAR):
        made.cluster.kubectl("delete", "networkpolicies", "--all", "-n", namespace)
    made.wait("client", [made.web, made.other], [OPEN, OPEN])
    return made


def test_who_is_not_let_in_is_refused_at_once(pods: Pods, say: Callable[[str], None]) -> None:
    service = f"server.{NEAR}:80"
    assert pods.from_("client", service) == [OPEN]
    pods.apply("none", NEAR, podSelector={"matchLabels": {"app": "server"}}, policyTypes=["Ingress"])
    seconds = pods.wait("client", [pods.web, pods.other, service], [REFUSED] * 3)
    say(f"a NetworkPolicy in force after {seconds:.1f} s, promised {IN_FORCE_SECONDS} s")
    assert pods.from_("friend", pods.web) == [REFUSED]
    with socket.create_connection((pods.server, WEB), 2):
        pass  # the node reaches its pods


def test_ports_and_peers_are_let_in_by_name_and_label(pods: Pods) -> None:
    friends = {"from": [{"podSelector": {"matchLabels": {"app": "friend"}}}], "ports": [{"port": "web"}]}
    pods.apply("friends", NEAR, podSelector={"matchLabels": {"app": "server"}}, ingress=[friends])
    pods.wait("friend", [pods.web, pods.other], [OPEN, REFUSED])
    pods.wait("client", [pods.web, pods.other], [REFUSED, REFUSED])
    others = {"from": [{"namespaceSelector": {"matchLabels": {"which": FAR}}}], "ports": [{"port": OTHER}]}
    pods.apply("others", NEAR, podSelector={"matchLabels": {"app": "server"}}, ingress=[others])
    pods.wait("client", [pods.web, pods.other], [REFUSED, OPEN])
    assert pods.from_("friend", pods.web, pods.other) == [OPEN, REFUSED], "policies add up"


def test_a_pod_that_gets_a_label_is_let_in(pods: Pods) -> None:
    guests = {"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"guest": "yes"}}}]}
    pods.apply("guests", NEAR, podSelector={"matchLabels": {"app": "server"}}, ingress=[guests])
    pods.wait("client", [pods.web], [REFUSED])
    pods.cluster.kubectl("label", "pod", "client", "-n", FAR, "guest=yes")
    pods.wait("client", [pods.web], [OPEN])
    pods.cluster.kubectl("label", "pod", "client", "-n", FAR, "guest-")
    pods.wait("client", [pods.web], [REFUSED])


def test_who_is_not_let_out_reaches_neither_pods_nor_the_node(pods: Pods) -> None:
    api, registry = (f"{NodeConfig().address}:{port}" for port in (NodeConfig().api_port, NodeConfig().registry_port))
    kubernetes = "kubernetes.default.svc.cluster.local:443"
    assert pods.from_("client", api, registry, kubernetes) == [OPEN] * 3
    pods.apply("none", FAR, policyTypes=["Egress"])
    pods.wait("client", [pods.web, api, registry], [REFUSED] * 3)
    assert pods.from_("friend", api, pods.web) == [OPEN, OPEN], "only that namespace's pods"
    near = {"to": [{"namespaceSelector": {"matchLabels": {"which": NEAR}}}], "ports": [{"port": WEB}]}
    node = {"to": [{"ipBlock": {"cidr": f"{NodeConfig().address}/32"}}], "ports": [{"port": NodeConfig().api_port}]}
    pods.apply("some", FAR, policyTypes=["Egress"], egress=[near, node])
    pods.wait("client", [pods.web, pods.other, api, registry], [OPEN, REFUSED, OPEN, REFUSED])


def test_a_range_but_a_part_of_it(pods: Pods) -> None:
    client = pods.cluster.get("pod", "client", "-n", FAR)["status"]["podIP"]
    block = {"cidr": NodeConfig().pods, "except": [f"{client}/32"]}
    pods.apply("range", NEAR, podSelector={"matchLabels": {"app": "server"}}, ingress=[{"from": [{"ipBlock": block}]}])
    pods.wait("client", [pods.web], [REFUSED])
    assert pods.from_("friend", pods.web) == [OPEN]


def test_they_stay_in_force_while_nobody_looks_after_them(pods: Pods) -> None:
    pods.apply("none", NEAR, podSelector={"matchLabels": {"app": "server"}}, policyTypes=["Ingress"])
    pods.wait("client", [pods.web], [REFUSED])
    running = processes.running(layout().pid_file(programs.POLICING))
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)
    assert pods.from_("client", pods.web) == [REFUSED]
    limit = time.monotonic() + 30
    while (now := processes.running(layout().pid_file(programs.POLICING))) is None or now.pid == running.pid:
        assert time.monotonic() < limit, "it isn't started again"
        time.sleep(0.1)
    pods.apply("all", NEAR, ingress=[{}])
    pods.wait("client", [pods.web], [OPEN])
