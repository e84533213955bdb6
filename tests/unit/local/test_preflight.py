"""What a machine lacks: one good machine, each row breaks one thing and expects one finding."""

from __future__ import annotations

import dataclasses
import socket
import struct
from ipaddress import IPv4Network
from typing import Any

import pytest

from local import facts, preflight
from local.facts import Facts, Listener, Process, Route
from local.node.config import NodeConfig
from local.preflight import Cached, Finding

NODE = NodeConfig()
GIB = preflight.GIB
GOOD = Facts(kernel_options=frozenset(preflight.KERNEL))
NOTHING = Cached(programs_missing=14, programs=14, tools=False, images=False, node=False)
ALL = Cached(programs_missing=0, programs=14, tools=True, images=True, node=True)
NGINX = Process(812, "nginx")


def findings(there: Cached = ALL, config: NodeConfig | None = NODE, **changed: Any) -> list[Finding]:
    return preflight.check(config, dataclasses.replace(GOOD, **changed), there)


def test_a_good_machine_has_no_findings() -> None:
    assert findings() == []
    assert findings(there=NOTHING) == []


@pytest.mark.parametrize(
    ("changed", "what", "fatal"),
    [
        ({"system": "Darwin"}, "this is Darwin", True),
        ({"architecture": "riscv64"}, "riscv64", True),
        ({"apt": False}, "no apt-get", True),
        ({"root": False}, "not root", True),
        ({"memory": 3 * GIB}, "memory is 3.0 GiB", True),
        ({"free_disk": 2 * GIB}, "2.0 GiB are free", True),
        ({"free_home": 1 * GIB}, "the node's data", True),
        ({"kernel_options": frozenset(preflight.KERNEL) - {"VETH"}}, "the kernel has no VETH", True),
        ({"kubelets": (Process(77, "k3s-server"),)}, "k3s-server (pid 77)", True),
        ({"apt_holder": Process(5, "unattended-upgr")}, "unattended-upgr (pid 5)", False),
        ({"listeners": (Listener("0.0.0.0", 8080, NGINX, False),)}, "8080 (the ingress)", True),
        ({"listeners": (Listener("::", 8080, NGINX, False),)}, "nginx (pid 812)", True),
        ({"listeners": (Listener("127.0.0.1", 2379, None, False),)}, "a process that can't be seen", True),
        ({"listeners": (Listener("0.0.0.0", 6443, NGINX, False),)}, "the Kubernetes API", True),
        ({"listeners": (Listener("0.0.0.0", 5000, NGINX, False),)}, "the registry", True),
        ({"listeners": (Listener("0.0.0.0", 10250, NGINX, False),)}, "the kubelet", True),
        ({"routes": (Route(IPv4Network("100.64.16.0/24"), "tun0"),)}, "goes to tun0", True),
        ({"routes": (Route(IPv4Network("100.64.32.0/20"), "tun0"),)}, "goes to tun0", True),
    ],
)
def test_each_thing_is_said_with_its_fix(changed: dict[str, Any], what: str, fatal: bool) -> None:
    (finding,) = findings(**changed)
    assert what in finding.what
    assert finding.fix
    assert finding.fatal is fatal


@pytest.mark.parametrize(
    "changed",
    [
        {"listeners": (Listener("0.0.0.0", 8080, Process(9, "traefik"), True),)},
        {"listeners": (Listener("192.0.2.7", 8080, NGINX, False),)},
        {"listeners": (Listener("127.0.0.1", 6443, NGINX, False), Listener("0.0.0.0", 22, NGINX, False))},
        {"routes": (Route(IPv4Network("10.0.0.0/8"), "eth0"),)},
        {"kernel_options": None},
        {"free_home": 10 * GIB},
    ],
    ids=["our own port", "another address", "other ports", "other ranges", "a kernel that doesn't tell", "two disks"],
)
def test_what_disturbs_nobody_is_not_mentioned(changed: dict[str, Any]) -> None:
    assert findings(**changed) == []


def test_all_ports_of_one_owner_are_one_finding() -> None:
    k3s = Process(77, "k3s-server")
    taken = tuple(Listener("127.0.0.1", port, k3s, False) for port in (2379, 2380, 10257))
    found = findings(listeners=(*taken, Listener("0.0.0.0", 8080, NGINX, False)))
    assert [finding.what for finding in found] == [
        "nginx (pid 812) has taken ports that the node needs: 8080 (the ingress)",
        "k3s-server (pid 77) has taken ports that the node needs: 2379 (etcd), 2380 (etcd), 10257 (Kubernetes)",
    ]
    assert "ingress.port" in found[0].fix and "ingress.port" not in found[1].fix


def test_a_wider_route_is_only_shadowed() -> None:
    found = findings(routes=(Route(IPv4Network("100.64.0.0/10"), "tailscale0"),))
    assert found and not any(finding.fatal for finding in found)


def test_disk_is_asked_for_what_is_not_there_yet() -> None:
    needs = [
        preflight.disk_needed(there, embedded=True)
        for there in (NOTHING, dataclasses.replace(NOTHING, tools=True), ALL)
    ]
    assert needs[0] - needs[1] == preflight.DISK_FOR_TOOLS
    assert needs[2] == preflight.DISK_TO_RUN
    half = dataclasses.replace(ALL, programs_missing=7)
    assert preflight.disk_needed(half, embedded=True) - needs[2] == preflight.DISK_FOR_GO // 2
    assert preflight.disk_needed(NOTHING, embedded=False) == needs[0] - preflight.DISK_FOR_NODE
    (finding,) = findings(there=NOTHING, free_disk=20 * GIB)
    assert "20.0 GiB" in finding.what and f"{needs[0] / GIB:.1f} GiB" in finding.what


def test_little_memory_matters_only_where_something_is_compiled() -> None:
    assert findings(memory=5 * GIB) == []
    (finding,) = findings(memory=5 * GIB, there=NOTHING)
    assert not finding.fatal


def test_with_another_cluster_the_node_is_not_asked_for() -> None:
    busy = {"listeners": (Listener("0.0.0.0", 6443, NGINX, False),), "kubelets": (Process(7, "kubelet"),)}
    assert findings(config=None, memory=2 * GIB, **busy) == []


def test_another_ingress_port_is_the_one_asked_for() -> None:
    taken = (Listener("0.0.0.0", 8080, NGINX, False),)
    assert findings(config=dataclasses.replace(NODE, ingress_port=8081), listeners=taken) == []


def test_sockets_are_read_as_the_kernel_prints_them() -> None:
    def entry(address: str, state: str) -> str:
        return f"   0: {address} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 4711 1"

    def six(address: str) -> str:
        return "".join(f"{word:08X}" for word in struct.unpack("=4I", socket.inet_pton(socket.AF_INET6, address)))

    local = f"{struct.unpack('=I', socket.inet_aton('127.0.0.1'))[0]:08X}"
    lines = [
        entry(f"{local}:1F90", "0A"),
        entry(f"{local}:1F91", "01"),
        entry(six("::1") + ":0016", "0A"),
        entry(six("::ffff:127.0.0.1") + ":0017", "0A"),
    ]
    assert facts.sockets("\n".join(["header", *lines])) == [
        ("127.0.0.1", 8080, "4711"),
        ("::1", 22, "4711"),
        ("127.0.0.1", 23, "4711"),
    ]


@pytest.mark.parametrize(
    ("name", "a_node"),
    [
        ("kubelet", True),
        ("kubelet-76af9ce", True),
        ("k3s-server", True),
        ("kubelite", True),
        ("kubectl", False),
        ("kubeletd", False),
    ],
)
def test_other_nodes_are_known_by_name(name: str, a_node: bool) -> None:
    assert bool(facts.KUBELET.fullmatch(name)) is a_node


def test_routes_without_the_default_and_our_own() -> None:
    def entry(link: str, network: str) -> str:
        net = IPv4Network(network)
        target, mask = (f"{struct.unpack('=I', part.packed)[0]:08X}" for part in (net.network_address, net.netmask))
        return f"{link}\t{target}\t00000000\t0001\t0\t0\t0\t{mask}\t0\t0\t0"

    table = "\n".join(
        ["header", entry("eth0", "0.0.0.0/0"), entry("eth0", "192.0.2.0/24"), entry("veth1", "100.64.16.2/32")]
    )
    assert facts.routes(table) == [Route(IPv4Network("192.0.2.0/24"), "eth0")]


def test_kernel_options_built_in_or_as_modules() -> None:
    config = "CONFIG_VETH=m\nCONFIG_BRIDGE=y\n# CONFIG_MEMCG is not set\nCONFIG_HZ=250\n"
    assert facts.options(config) == {"VETH", "BRIDGE"}


def test_this_machine_is_read_with_its_listeners() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        found = [listener for listener in facts.gather().listeners if listener.port == port]
    (listener,) = found
    assert listener.address == "127.0.0.1"
    assert listener.owner is not None
    assert not listener.ours
