"""The processes that run on the machine itself: containerd, kubelet, kube-proxy and what keeps them running."""

from __future__ import annotations

import sys
from pathlib import Path

from local.node import policing as policy_code
from local.node.config import NodeConfig
from local.node.layout import Layout
from local.node.processes import Program

POLICING = "policing"
LOGGING = ("containerd", "kubelet", "kube-proxy", POLICING)
KEEPER = "keeper"
ALL = (*LOGGING, KEEPER)
"""Their names, in the order in which they are started."""


def containerd(layout: Layout) -> Program:
    """Our own containerd, apart from the system's."""
    config = layout.etc / "containerd.toml"
    return Program(
        name="containerd",
        argv=("containerd", "--config", str(config)),
        log=layout.log("containerd"),
        pid_file=layout.pid_file("containerd"),
        group="runtime",
        inputs=(config,),
    )


def kubelet(layout: Layout, config: NodeConfig, binary: Path) -> Program:
    """The kubelet, which runs everything else as pods."""
    settings, kubeconfig = layout.etc / "kubelet.yaml", layout.kubeconfigs / "kubelet.conf"
    flags = {
        "config": settings,
        "kubeconfig": kubeconfig,
        "root-dir": layout.kubelet,
        "cert-dir": layout.pki,
        "hostname-override": config.name,
        "node-ip": config.address,
        # cAdvisor's own way to the runtime, for the names in its metrics.
        "containerd": layout.socket,
        "v": 0,
    }
    return Program(
        name="kubelet",
        argv=(str(binary), *(f"--{name}={value}" for name, value in flags.items())),
        log=layout.log("kubelet"),
        pid_file=layout.pid_file("kubelet"),
        group="kubelet",
        inputs=(settings, kubeconfig, layout.pki / "kubelet-server.crt"),
    )


def kube_proxy(layout: Layout, config: NodeConfig, binary: Path) -> Program:
    """kube-proxy, with the machine's own `nft`.

    Not as a pod: rules made by the newer nft of an image crash the machine's older one, for everybody on it.
    """
    settings, kubeconfig = layout.etc / "kube-proxy.yaml", layout.kubeconfigs / "kube-proxy.conf"
    return Program(
        name="kube-proxy",
        argv=(str(binary), f"--config={settings}", f"--hostname-override={config.name}"),
        log=layout.log("kube-proxy"),
        pid_file=layout.pid_file("kube-proxy"),
        group="kube-proxy",
        inputs=(settings, kubeconfig),
    )


def policing(layout: Layout) -> Program:
    """Puts NetworkPolicies in force (`local.node.policing`)."""
    kubeconfig = layout.kubeconfigs / "policing.conf"
    return Program(
        name=POLICING,
        argv=(sys.executable, "-P", "-u", "-m", "local.node.policing", str(kubeconfig), str(layout.policing)),
        log=layout.log(POLICING),
        pid_file=layout.pid_file(POLICING),
        group=POLICING,
        inputs=(kubeconfig, *sorted(Path(policy_code.__file__).parent.glob("*.py"))),
    )


def keeper(layout: Layout) -> Program:
    """Starts the others again when they end, and truncates their logs (`local.node.keeper`)."""
    return Program(
        name=KEEPER,
        argv=(sys.executable, "-P", "-m", "local.node.keeper", str(layout.data), str(layout.run)),
        log=layout.log(KEEPER),
        pid_file=layout.pid_file(KEEPER),
        group=KEEPER,
    )
