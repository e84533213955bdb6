"""Kernel settings that a node needs or that Kubernetes changes: noted before, put back after."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

ROOT = Path("/proc/sys")

NEEDED = {"net/ipv4/ip_forward": "1"}
"""What we set ourselves: pods' packets are routed by the machine."""

CHANGED_BY_KUBELET = (
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)
"""What the kubelet sets when it starts."""

# Setting ip_forward resets these for every device, as the kernel's documentation says.
RESET_BY_FORWARDING = ("net/ipv4/conf/all/send_redirects", "net/ipv4/conf/all/accept_redirects")


def read(root: Path = ROOT) -> dict[str, str]:
    """The present values of all that we or the kubelet change."""
    names = (*NEEDED, *CHANGED_BY_KUBELET, *RESET_BY_FORWARDING)
    return {name: (root / name).read_text().strip() for name in names if (root / name).is_file()}


def write(values: Mapping[str, str], root: Path = ROOT) -> None:
    """Set values, those that differ."""
    for name, value in values.items():
        path = root / name
        if path.is_file() and path.read_text().strip() != value:
            path.write_text(value)
