from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.node import network
from local.node.config import NodeConfig


def test_the_pods_network_is_routed_and_no_bridge() -> None:
    written = json.loads(network.conflist(NodeConfig(), 1400, Path("/run/x/cni"), Path("/run/x/socket")))
    plugin, told = written["plugins"]
    assert told["socket"] == "/run/x/socket"
    assert (plugin["type"], plugin["mtu"], plugin["ipMasq"]) == ("ptp", 1400, False)
    assert plugin["ipam"]["ranges"] == [[{"subnet": "100.64.16.0/20"}]]
    assert plugin["ipam"]["dataDir"] == "/run/x/cni"


def test_rules_replace_themselves_and_drop_the_outside() -> None:
    lines = [line.strip() for line in network.rules(NodeConfig()).splitlines()]
    assert lines[:2] == ["table ip mlplatform", "delete table ip mlplatform"]
    assert 'ip daddr 100.64.0.1 iifname != "lo" iifname != "veth*" drop' in lines
    assert 'ip daddr 100.64.16.0/20 ct state new iifname != "veth*" drop' in lines


@pytest.mark.parametrize(
    ("dropping", "chains"),
    [(set(), []), ({"INPUT"}, ["INPUT"]), ({"FORWARD"}, ["FORWARD", "FORWARD"]), ({"OUTPUT"}, [])],
)
def test_exceptions_only_where_a_firewall_drops(dropping: set[str], chains: list[str]) -> None:
    found = network.exceptions(NodeConfig(), dropping)
    assert [chain for chain, _ in found] == chains
    for _, match in found:
        assert match[-4:] == ["--comment", "mlplatform", "-j", "ACCEPT"]
