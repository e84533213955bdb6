from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest

from local.node.policing.objects import Pod, Policy
from local.node.policing.rules import REFUSE, table

WEB = Pod("a", "100.64.16.2", {"app": "web"}, {("main", "TCP"): 8080})
NEW = Pod("a", "100.64.16.3", {"app": "web", "new": ""}, {("main", "TCP"): 9090})
DATABASE = Pod("a", "100.64.16.4", {"app": "database"}, {})
OTHER = Pod("b", "100.64.16.5", {"app": "web"}, {})
STRANGER = Pod("c", "100.64.16.6", {}, {})
PODS = [WEB, NEW, DATABASE, OTHER, STRANGER]
NAMESPACES = {"a": {"team": "a"}, "b": {"team": "b"}, "c": {}}


def policy(name: str = "p", namespace: str = "a", **spec: Any) -> Policy:
    return Policy(namespace, name, {"podSelector": {"matchLabels": {"app": "web"}}, **spec})


def chains(*policies: Policy, pods: list[Pod] | None = None) -> dict[str, list[str]]:
    """The lines of each chain."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in table(policies, PODS if pods is None else pods, NAMESPACES).splitlines()[3:]:
        if line.startswith("  chain "):
            found[line.split()[1]] = lines = []
        elif line.startswith("    "):
            lines.append(line.strip())
    return found


def allowed(**spec: Any) -> list[str]:
    """What the one chain of a policy lets pass."""
    direction = "egress-0" if "egress" in spec else "ingress-0"
    *lines, last = chains(policy(policyTypes=["Egress" if "egress" in spec else "Ingress"], **spec))[direction]
    assert last == REFUSE
    assert all(line.endswith("return") for line in lines)
    return [line.removesuffix("return").strip() for line in lines]


def test_without_policies_nothing_is_refused() -> None:
    found = chains()
    assert set(found) == {"forward", "input"}
    for lines in found.values():
        assert lines[1:] == ["ct state established,related accept"]


def test_a_policy_is_about_the_pods_of_its_namespace_that_it_selects() -> None:
    found = chains(policy(policyTypes=["Ingress"]))
    assert found["ingress-0"] == [REFUSE]
    verdicts = "ip daddr vmap { 100.64.16.2 : jump ingress-0, 100.64.16.3 : jump ingress-0 }"
    assert found["forward"][3:] == [verdicts]
    assert len(found["input"]) == 2, "the node reaches its pods"


def test_what_a_pod_sends_to_the_node_is_seen_too() -> None:
    found = chains(policy(policyTypes=["Egress"]))
    verdicts = "ip saddr vmap { 100.64.16.2 : jump egress-0, 100.64.16.3 : jump egress-0 }"
    assert found["forward"][3:] == [verdicts]
    assert found["input"][2:] == [verdicts]


def test_a_pod_reaches_itself_through_its_service() -> None:
    pairs = "100.64.16.2 . 100.64.16.2, 100.64.16.3 . 100.64.16.3"
    assert chains(policy())["forward"][2] == f"ip saddr . ip daddr {{ {pairs} }} accept"


def test_policies_add_up() -> None:
    first = policy("first", ingress=[{"ports": [{"port": 1}]}])
    second = policy("second", podSelector={}, ingress=[{"ports": [{"port": 2}]}])
    found = chains(second, first)
    assert found["ingress-0"] == ["tcp dport 1 return", "tcp dport 2 return", REFUSE]
    assert found["ingress-1"] == ["tcp dport 2 return", REFUSE]
    assert "100.64.16.2 : jump ingress-0" in found["forward"][-1]
    assert "100.64.16.4 : jump ingress-1" in found["forward"][-1]


@pytest.mark.parametrize(
    ("rule", "lines"),
    [
        ({}, [""]),
        ({"from": []}, [""]),
        ({"from": [{"podSelector": {}}]}, ["ip saddr { 100.64.16.2, 100.64.16.3, 100.64.16.4 }"]),
        ({"from": [{"podSelector": {"matchLabels": {"app": "database"}}}]}, ["ip saddr { 100.64.16.4 }"]),
        ({"from": [{"namespaceSelector": {"matchLabels": {"team": "b"}}}]}, ["ip saddr { 100.64.16.5 }"]),
        (
            {"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "web"}}}]},
            ["ip saddr { 100.64.16.2, 100.64.16.3, 100.64.16.5 }"],
        ),
        (
            {
                "from": [
                    {"podSelector": {"matchLabels": {"app": "database"}}},
                    {"namespaceSelector": {"matchLabels": {"team": "b"}}},
                ]
            },
            ["ip saddr { 100.64.16.4, 100.64.16.5 }"],
        ),
        ({"from": [{"podSelector": {"matchLabels": {"app": "nobody"}}}]}, []),
        ({"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}, ["ip saddr 10.0.0.0/8"]),
        (
            {"from": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "100.64.0.0/10"]}}]},
            ["ip saddr 0.0.0.0/0 ip saddr != { 10.0.0.0/8, 100.64.0.0/10 }"],
        ),
        # Overlapping ones and host bits are allowed, and nftables' sets take neither.
        (
            {"from": [{"ipBlock": {"cidr": "10.9.9.9/8", "except": ["10.1.2.3/16", "10.1.2.0/24", "10.0.0.0/16"]}}]},
            ["ip saddr 10.0.0.0/8 ip saddr != { 10.0.0.0/15 }"],
        ),
        ({"from": [{"ipBlock": {"cidr": "fd00::/8", "except": ["fd00::/16"]}}]}, []),
        ({"from": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["::/0"]}}]}, ["ip saddr 0.0.0.0/0"]),
        ({"ports": [{"port": 80}, {"port": 53, "protocol": "UDP"}]}, ["tcp dport 80", "udp dport 53"]),
        ({"ports": [{"port": 80, "endPort": 90}]}, ["tcp dport 80-90"]),
        ({"ports": [{"protocol": "SCTP"}]}, ["meta l4proto sctp"]),
        (
            {"ports": [{"port": "main"}]},
            ["ip daddr { 100.64.16.2 } tcp dport 8080", "ip daddr { 100.64.16.3 } tcp dport 9090"],
        ),
        ({"ports": [{"port": "none"}]}, []),
        (
            {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}, {"podSelector": {}}], "ports": [{"port": 80}]},
            ["ip saddr 10.0.0.0/8 tcp dport 80", "ip saddr { 100.64.16.2, 100.64.16.3, 100.64.16.4 } tcp dport 80"],
        ),
    ],
)
def test_ingress(rule: dict[str, Any], lines: list[str]) -> None:
    assert allowed(ingress=[rule]) == lines


@pytest.mark.parametrize(
    ("rule", "lines"),
    [
        ({"to": [{"namespaceSelector": {"matchLabels": {"team": "b"}}}]}, ["ip daddr { 100.64.16.5 }"]),
        (
            {"to": [{"ipBlock": {"cidr": "100.64.0.1/32"}}], "ports": [{"port": 6443}]},
            ["ip daddr 100.64.0.1/32 tcp dport 6443"],
        ),
        (
            # The name is that of the others' port.
            {"to": [{"podSelector": {}}], "ports": [{"port": "main"}]},
            [
                "ip daddr { 100.64.16.2, 100.64.16.3, 100.64.16.4 } ip daddr { 100.64.16.2 } tcp dport 8080",
                "ip daddr { 100.64.16.2, 100.64.16.3, 100.64.16.4 } ip daddr { 100.64.16.3 } tcp dport 9090",
            ],
        ),
        ({"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"port": "main"}]}, []),
    ],
)
def test_egress(rule: dict[str, Any], lines: list[str]) -> None:
    assert allowed(egress=[rule]) == lines


def test_a_peer_of_a_namespace_that_is_gone_is_nobody() -> None:
    lost = Pod("gone", "100.64.16.9", {}, {})
    found = chains(policy(ingress=[{"from": [{"namespaceSelector": {}}]}]), pods=[WEB, lost])
    assert found["ingress-0"] == ["ip saddr { 100.64.16.2 } return", REFUSE]


def test_the_order_of_objects_does_not_matter() -> None:
    first, second = policy("first", ingress=[{}]), policy("second", "b", egress=[{"to": [{"podSelector": {}}]}])
    assert table([first, second], PODS, NAMESPACES) == table([second, first], PODS[::-1], NAMESPACES)


def test_the_kernel_takes_it() -> None:
    nft = shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin")
    if nft is None:
        pytest.skip("nft isn't installed")
    every = [
        policy(
            "one", ingress=[{"from": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "10.1.0.0/16"]}}]}]
        ),
        policy("six", ingress=[{"from": [{"ipBlock": {"cidr": "fd00::/8"}}]}]),
        policy("two", ingress=[{"from": [{"podSelector": {}}], "ports": [{"port": "main"}, {"protocol": "UDP"}]}]),
        policy("three", "b", egress=[{"to": [{"namespaceSelector": {}}], "ports": [{"port": 80, "endPort": 90}]}]),
        policy("four", "c", podSelector={}, policyTypes=["Ingress", "Egress"]),
    ]
    text = table(every, PODS, NAMESPACES)
    # In a network of its own: nothing of the machine's is touched.
    done = subprocess.run(["unshare", "-n", nft, "-f", "-"], input=text, capture_output=True, text=True, check=False)
    if "unshare failed" in done.stderr:
        pytest.skip("no network namespace can be made here")
    assert done.returncode == 0, done.stderr
