from __future__ import annotations

from pathlib import Path

import pytest

from local.node import machine

ROUTES = "Iface\tDestination\tGateway\neth0\t00000000\t010200C0\neth0\t000200C0\t00000000\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine with cgroup version 1, no systemd, all capabilities, an ordinary network."""
    put(tmp_path, "proc/self/status", "Name:\tx\nCapEff:\t000001ffffffffff\n")
    put(tmp_path, "proc/net/route", ROUTES)
    put(tmp_path, "sys/class/net/eth0/mtu", "1500\n")
    put(tmp_path, "etc/resolv.conf", "search example\nnameserver 192.0.2.53\n")
    (tmp_path / "sys/fs/cgroup/memory").mkdir(parents=True)
    return tmp_path


def put(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_version_1_without_systemd(root: Path) -> None:
    found = machine.detect(root)
    assert (found.cgroup_version, found.systemd, found.cgroup_driver) == (1, False, "cgroupfs")
    assert found.may_lower_oom_score
    assert found.mtu == 1500
    assert found.resolv_conf == root / "etc/resolv.conf"


def test_version_2_with_systemd_is_systemds_to_change(root: Path) -> None:
    put(root, "sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n")
    assert machine.detect(root).cgroup_driver == "cgroupfs"
    (root / "run/systemd/system").mkdir(parents=True)
    assert machine.detect(root).cgroup_driver == "systemd"


def test_a_missing_capability_is_seen(root: Path) -> None:
    put(root, "proc/self/status", "CapEff:\t000001fffeffffff\n")
    assert not machine.detect(root).may_lower_oom_score


def test_pods_send_no_larger_packets_than_the_default_route_takes(root: Path) -> None:
    put(root, "sys/class/net/eth0/mtu", "1400\n")
    assert machine.detect(root).mtu == 1400
    put(root, "sys/class/net/eth0/mtu", "9000\n")
    assert machine.detect(root).mtu == 1500


def test_no_network_at_all(root: Path) -> None:
    put(root, "proc/net/route", "Iface\tDestination\tGateway\n")
    (root / "etc/resolv.conf").unlink()
    found = machine.detect(root)
    assert (found.mtu, found.resolv_conf) == (1500, None)


def test_a_stub_on_loopback_is_passed_over_for_the_real_servers(root: Path) -> None:
    put(root, "etc/resolv.conf", "nameserver 127.0.0.53\n")
    assert machine.detect(root).resolv_conf is None
    put(root, "run/systemd/resolve/resolv.conf", "nameserver fe80::1%eth0\n")
    assert machine.detect(root).resolv_conf == root / "run/systemd/resolve/resolv.conf"
