from __future__ import annotations

import subprocess
import time
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


def test_logs_that_grow_too_long_are_cut_while_they_are_written_to(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "node", tmp_path / "run")
    layout.logs.mkdir(parents=True)
    long, short = layout.log("containerd"), layout.log("kubelet")
    short.write_text("short\n")
    with long.open("a") as writer:
        writer.write("x" * 200)
        writer.flush()
        argv = list(programs.log_limit(layout).argv)
        script = argv[2].replace("sleep 60", "sleep 0.05")
        limiter = subprocess.Popen([*argv[:2], script, argv[3], "100", *argv[5:]], stderr=subprocess.DEVNULL)
        try:
            limit = time.monotonic() + 10
            while long.stat().st_size > 0 and time.monotonic() < limit:
                time.sleep(0.02)
            writer.write("after")
            writer.flush()
        finally:
            limiter.kill()
            limiter.wait()
    assert long.read_text() == "after"
    assert Path(f"{long}.1").read_text() == "x" * 200
    assert short.read_text() == "short\n"
