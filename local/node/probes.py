"""Asking the static pods and kube-proxy themselves whether they work.

The mirror objects of the pods don't say: the kubelet makes them up to 90 seconds late, and after a crash they tell
of the past.
"""

from __future__ import annotations

import ssl
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.node.config import NodeConfig


def endpoints(config: NodeConfig) -> dict[str, str]:
    """The address at which each of them answers when it works."""
    return {
        "etcd": "http://127.0.0.1:2381/readyz",
        "kube-apiserver": f"{config.api}/readyz",
        "kube-controller-manager": "https://127.0.0.1:10257/healthz",
        "kube-scheduler": "https://127.0.0.1:10259/readyz",
        "kube-proxy": "http://127.0.0.1:10256/healthz",
        "registry": f"http://{config.registry}/v2/",
    }


def silent(config: NodeConfig, authority: Path) -> list[str]:
    """Those that don't answer, by name."""
    wanted = endpoints(config)
    with ThreadPoolExecutor(len(wanted)) as pool:
        results = pool.map(lambda name: answers(wanted[name], authority), wanted)
    return [name for name, well in zip(wanted, results, strict=True) if not well]


def answers(url: str, authority: Path, timeout: float = 3) -> bool:
    """Whether a GET is answered by 200. On loopback a certificate isn't checked: those components sign their own."""
    try:
        trust = ssl.create_default_context(cafile=str(authority))
        if url.startswith("https://127.0.0.1:"):
            trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        # A company's proxy is for the outside; the node is on this machine.
        handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust)]
        with urllib.request.build_opener(*handlers).open(url, timeout=timeout) as response:
            return bool(response.status == 200)
    except (OSError, ssl.SSLError):
        return False
