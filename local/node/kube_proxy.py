"""kube-proxy's configuration."""

from __future__ import annotations

from typing import Any

import yaml

from local.node.config import NodeConfig
from local.node.layout import Layout
from local.node.machine import Machine


def settings(layout: Layout, config: NodeConfig, machine: Machine) -> str:
    """A KubeProxyConfiguration as YAML."""
    value: dict[str, Any] = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "bindAddress": config.address,
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        "clientConnection": {"kubeconfig": str(layout.kubeconfigs / "kube-proxy.conf")},
        "detectLocalMode": "ClusterCIDR",
        "clusterCIDR": config.pods,
        # Node ports on the node's own address alone, which the outside doesn't reach.
        "nodePortAddresses": [f"{config.address}/32"],
        # How the machine tracks connections is its owner's affair.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        "nftables": {"minSyncPeriod": "1s", "syncPeriod": "60s"},
    }
    if not machine.may_lower_oom_score:
        value["oomScoreAdj"] = 0
    return yaml.safe_dump(value, sort_keys=False)
