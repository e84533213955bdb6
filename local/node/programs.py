"""The processes that run on the machine itself: containerd, kubelet, kube-proxy and what keeps their logs short."""

from __future__ import annotations

from pathlib import Path

from local.node.config import NodeConfig
from local.node.layout import Layout
from local.node.processes import Program

MAX_LOG = 10 * 1024 * 1024

LOGGING = ("containerd", "kubelet", "kube-proxy")
ALL = (*LOGGING, "log-limit")
"""Their names, in the order in which they are started."""

_LIMIT_LOGS = """
limit=$1; shift
while sleep 60; do
  for log; do
    if [ "$(stat -c %s "$log" || echo 0)" -gt "$limit" ]; then cp "$log" "$log.1" && : > "$log"; fi
  done
done
"""


def containerd(layout: Layout) -> Program:
    """Our own containerd, apart from the system's."""
    config = layout.etc / "containerd.toml"
    return Program(
        name="containerd",
        argv=("containerd", "--config", str(config)),
        log=layout.log("containerd"),
        pid_file=layout.pid_file("containerd"),
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
        inputs=(settings, kubeconfig),
    )


def log_limit(layout: Layout) -> Program:
    """Truncates the logs of the three when they grow too long; pods' logs are the kubelet's business."""
    logs = [str(layout.log(name)) for name in LOGGING]
    return Program(
        name="log-limit",
        argv=("sh", "-c", _LIMIT_LOGS, "log-limit", str(MAX_LOG), *logs),
        log=layout.log("log-limit"),
        pid_file=layout.pid_file("log-limit"),
    )
