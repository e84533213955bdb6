from __future__ import annotations

from pathlib import Path

import yaml

from local.node import cgroups, kube_proxy, kubelet, programs
from local.node.config import NodeConfig
from local.node.layout import Layout
from local.node.machine import Machine

LAYOUT = Layout(Path("/home/node"), Path("/run/x"))
MACHINE = Machine(1, systemd=False, may_lower_oom_score=False, mtu=1500, resolv_conf=None)


def test_the_kubelet_is_told_the_nodes_name_and_folders() -> None:
    argv = programs.kubelet(LAYOUT, NodeConfig(), Path("/bin/kubelet")).argv
    assert argv[0] == "/bin/kubelet"
    assert {"--hostname-override=mlplatform", "--node-ip=100.64.0.1", "--root-dir=/home/node/kubelet"} <= set(argv)


def test_the_kubelet_listens_on_the_nodes_address_and_trusts_only_the_authority() -> None:
    tree = cgroups.Tree((Path("/sys/fs/cgroup/mlplatform"),), systemd=False)
    settings = yaml.safe_load(kubelet.settings(LAYOUT, NodeConfig(), MACHINE, tree))
    assert settings["address"] == "100.64.0.1"
    assert settings["readOnlyPort"] == 0
    assert settings["authentication"]["anonymous"] == {"enabled": False}
    assert settings["authorization"] == {"mode": "Webhook"}
    assert (settings["cgroupRoot"], settings["cgroupDriver"]) == ("/mlplatform", "cgroupfs")
    assert settings["failCgroupV1"] is settings["failSwapOn"] is settings["makeIPTablesUtilChains"] is False
    assert settings["clusterDNS"] == ["100.64.32.10"]
    assert settings["resolvConf"] == ""
    assert settings["oomScoreAdj"] == 0


def test_kube_proxy_leaves_the_machines_settings_alone() -> None:
    settings = yaml.safe_load(kube_proxy.settings(LAYOUT, NodeConfig(), MACHINE))
    assert settings["mode"] == "nftables"
    assert settings["conntrack"] == {
        "maxPerCore": 0,
        "min": 0,
        "tcpEstablishedTimeout": "0s",
        "tcpCloseWaitTimeout": "0s",
    }
    assert settings["nodePortAddresses"] == ["100.64.0.1/32"]
    assert settings["healthzBindAddress"].startswith("127.0.0.1:")


def test_who_polices_is_started_anew_when_its_code_or_its_key_changes() -> None:
    program = programs.policing(LAYOUT)
    given = ("local.node.policing", "/home/node/kubeconfigs/policing.conf", "/run/x/policing.sock")
    assert program.argv[-3:] == given
    names = {path.name for path in program.inputs}
    assert {"policing.conf", "rules.py", "objects.py", "watch.py", "__main__.py"} <= names
