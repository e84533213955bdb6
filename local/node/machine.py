"""What kind of machine this is: read from /proc and /sys, nothing changed."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

CAP_SYS_RESOURCE = 24


@dataclass(frozen=True)
class Machine:
    """The facts that decide how containerd and kubelet are configured."""

    cgroup_version: Literal[1, 2]
    systemd: bool
    """Whether systemd is the init system, and so owns the cgroup tree."""
    may_lower_oom_score: bool
    """Without CAP_SYS_RESOURCE every sandbox would die while it sets its score."""
    mtu: int
    """Of the default route's device; pods must not send larger packets."""
    resolv_conf: Path | None
    """A resolv.conf whose name servers can be reached from a pod; None when there is none."""

    @property
    def cgroup_driver(self) -> Literal["systemd", "cgroupfs"]:
        """systemd's tree is changed through systemd; a tree without it directly."""
        return "systemd" if self.systemd and self.cgroup_version == 2 else "cgroupfs"


def detect(root: Path = Path("/")) -> Machine:
    """Read the facts of the machine (or of a fake one under `root`)."""
    return Machine(
        cgroup_version=2 if (root / "sys/fs/cgroup/cgroup.controllers").is_file() else 1,
        systemd=(root / "run/systemd/system").is_dir(),
        may_lower_oom_score=_has_capability((root / "proc/self/status").read_text(), CAP_SYS_RESOURCE),
        mtu=_mtu(root),
        resolv_conf=_resolv_conf(root),
    )


def _has_capability(status: str, number: int) -> bool:
    effective = re.search(r"^CapEff:\s*([0-9a-f]+)", status, re.MULTILINE)
    return effective is not None and bool(int(effective.group(1), 16) >> number & 1)


def _mtu(root: Path) -> int:
    routes = (root / "proc/net/route").read_text().splitlines()[1:]
    devices = [line.split()[0] for line in routes if line.split()[1] == "00000000"]
    found = [int((root / f"sys/class/net/{device}/mtu").read_text()) for device in devices]
    return min([1500, *found])


def _resolv_conf(root: Path) -> Path | None:
    # systemd-resolved's stub listens on the machine's loopback, which isn't a pod's: its own list is the second.
    for name in ("etc/resolv.conf", "run/systemd/resolve/resolv.conf"):
        path = root / name
        if path.is_file() and _reachable_servers(path.read_text()):
            return path
    return None


def _reachable_servers(text: str) -> list[str]:
    servers = [line.split()[1] for line in text.splitlines() if line.startswith("nameserver") and len(line.split()) > 1]
    return [server for server in servers if not ipaddress.ip_address(server.split("%")[0]).is_loopback]


def boot_id() -> str:
    """Changes at every boot: a pid file of another boot means nothing."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
