"""The numbers as which the control plane's containers run, and the key files that each of them may read.

They are from the range that Debian reserves and no distribution hands out; nothing is added to /etc/passwd.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class User:
    """Owner of a component's files and processes."""

    uid: int
    gid: int


ETCD = User(65201, 65201)
API_SERVER = User(65202, 65202)
CONTROLLER_MANAGER = User(65203, 65203)
SCHEDULER = User(65204, 65204)
REGISTRY = User(65205, 65205)
SIGNING = User(0, 65210)
"""The group that shares the key of service accounts' tokens: API server and controller manager."""

FILES: dict[User, tuple[str, ...]] = {
    ETCD: ("pki/etcd/server.key", "pki/etcd/peer.key"),
    API_SERVER: (
        "pki/apiserver.key",
        "pki/apiserver-etcd-client.key",
        "pki/apiserver-kubelet-client.key",
        "pki/front-proxy-client.key",
    ),
    CONTROLLER_MANAGER: ("pki/ca.key", "kubeconfigs/controller-manager.conf"),
    SCHEDULER: ("kubeconfigs/scheduler.conf",),
    SIGNING: ("pki/sa.key",),
}
"""Files below the node's data, by who may read them; the rest stays root's."""
