"""The kubelet's configuration."""

from __future__ import annotations

from typing import Any

import yaml

from local.node.cgroups import Tree
from local.node.config import NodeConfig
from local.node.layout import Layout
from local.node.machine import Machine


def settings(layout: Layout, config: NodeConfig, machine: Machine, tree: Tree) -> str:
    """A KubeletConfiguration as YAML."""
    value: dict[str, Any] = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": config.address,
        "healthzBindAddress": "127.0.0.1",
        "readOnlyPort": 0,
        "containerRuntimeEndpoint": f"unix://{layout.socket}",
        "staticPodPath": str(layout.manifests),
        "podLogsDir": str(layout.logs / "pods"),
        "containerLogMaxSize": "5Mi",
        "containerLogMaxFiles": 3,
        "tlsCertFile": str(layout.pki / "kubelet-server.crt"),
        "tlsPrivateKeyFile": str(layout.pki / "kubelet-server.key"),
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(layout.pki / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "clusterDNS": [config.dns],
        "clusterDomain": "cluster.local",
        "resolvConf": str(machine.resolv_conf) if machine.resolv_conf else "",
        "cgroupDriver": machine.cgroup_driver,
        "cgroupRoot": tree.kubelet_root,
        "failCgroupV1": False,
        "failSwapOn": False,
        # kube-proxy sets its own rules by nftables; the kubelet's iptables chains would serve nobody.
        "makeIPTablesUtilChains": False,
        # The machine is shared with its user: only when little is left are images removed or pods evicted.
        "imageGCHighThresholdPercent": 95,
        "imageGCLowThresholdPercent": 90,
        "evictionHard": {"memory.available": "200Mi", "nodefs.available": "1Gi", "imagefs.available": "1Gi"},
        "serializeImagePulls": False,
        "rotateCertificates": False,
        "nodeStatusUpdateFrequency": "10s",
        "volumePluginDir": str(layout.kubelet / "volume-plugins"),
    }
    if not machine.may_lower_oom_score:
        value["oomScoreAdj"] = 0
    return yaml.safe_dump(value, sort_keys=False)
