"""Certificates and kubeconfigs: made and renewed by kubeadm, one server certificate for the kubelet by ourselves."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from cryptography import x509

from local.node import users
from local.node.config import NodeConfig
from local.node.files import write
from local.node.kubelet_certificate import issue
from local.node.layout import Layout
from local.node.shell import run

RENEW_BEFORE = timedelta(days=30)
_AUTHORITIES = ("ca.crt", "etcd/ca.crt", "front-proxy-ca.crt")
_KUBECONFIGS = ("admin", "super-admin", "kubelet", "controller-manager", "scheduler")
_USERS = {"kube-proxy": "system:kube-proxy", "policing": "mlplatform:policing"}
"""Programs whose kubeconfigs kubeadm has no phase for, and who they are."""


def kubeadm_settings(config: NodeConfig, layout: Layout, version: str) -> str:
    """The file that kubeadm's phases read."""
    init = {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "InitConfiguration",
        "localAPIEndpoint": {"advertiseAddress": config.address, "bindPort": config.api_port},
        "nodeRegistration": {"name": config.name, "criSocket": f"unix://{layout.socket}"},
    }
    cluster = {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "ClusterConfiguration",
        "clusterName": config.name,
        "kubernetesVersion": version,
        "certificatesDir": str(layout.pki),
        "controlPlaneEndpoint": f"{config.address}:{config.api_port}",
        "networking": {"serviceSubnet": config.services, "podSubnet": config.pods},
    }
    return yaml.safe_dump_all([init, cluster], sort_keys=False)


def ensure(layout: Layout, config: NodeConfig, kubeadm: Path, version: str) -> bool:
    """Make what is missing and renew what ends within 30 days. Returns whether anything was renewed."""
    renewed = _drop(ending_soon(_leaves(layout.pki)), layout)
    settings = layout.etc / "kubeadm.yaml"
    write(settings, kubeadm_settings(config, layout, version))
    if renewed or not _complete(layout):
        run([kubeadm, "init", "phase", "certs", "all", "--config", settings])
        layout.kubeconfigs.mkdir(exist_ok=True, mode=0o700)
        for name in _KUBECONFIGS:
            into = f"--kubeconfig-dir={layout.kubeconfigs}"
            run([kubeadm, "init", "phase", "kubeconfig", name, "--config", settings, into])
        for name, user in _USERS.items():
            written = run([kubeadm, "kubeconfig", "user", "--config", settings, "--client-name", user])
            write(layout.kubeconfigs / f"{name}.conf", written)
    issue(layout.pki, config)
    _own(layout)
    return renewed


def ending(layout: Layout) -> bool:
    """Whether any certificate must be renewed."""
    return bool(ending_soon(_leaves(layout.pki)))


def digest(layout: Layout) -> str:
    """Changes when any certificate does."""
    found = sorted(layout.pki.rglob("*.crt"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in found)).hexdigest()[:16]


def ending_soon(certificates: Iterable[Path], now: datetime | None = None) -> list[Path]:
    """Those certificates that are valid for less than 30 more days."""
    limit = (now or datetime.now(UTC)) + RENEW_BEFORE
    return [path for path in certificates if _end(path) < limit]


def user_kubeconfig(admin: str, name: str) -> str:
    """kubeadm's administrator kubeconfig with the names that a person sees."""
    source: dict[str, Any] = yaml.safe_load(admin)
    cluster, user = source["clusters"][0]["cluster"], source["users"][0]["user"]
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        },
        sort_keys=False,
    )


def _leaves(pki: Path) -> list[Path]:
    authorities = {pki / name for name in _AUTHORITIES}
    return sorted(path for path in pki.rglob("*.crt") if path not in authorities)


def _end(certificate: Path) -> datetime:
    return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc


def _drop(certificates: list[Path], layout: Layout) -> bool:
    # kubeadm makes anew what is missing. The kubeconfigs hold certificates that were made together with the files.
    for certificate in certificates:
        certificate.unlink()
        certificate.with_suffix(".key").unlink(missing_ok=True)
    if certificates:
        for kubeconfig in layout.kubeconfigs.glob("*.conf"):
            kubeconfig.unlink()
    return bool(certificates)


def _complete(layout: Layout) -> bool:
    # In the order in which they are made: the last one is there when all are.
    return (layout.pki / "sa.pub").is_file() and (layout.kubeconfigs / "policing.conf").is_file()


def _own(layout: Layout) -> None:
    """Let each component read what it needs and nothing else: none of them runs as root."""
    for owner, names in users.FILES.items():
        for name in names:
            path = layout.data / name
            os.chown(path, owner.uid, owner.gid)
            path.chmod(0o440)
    for folder in (layout.pki, layout.pki / "etcd", layout.kubeconfigs):
        folder.chmod(0o755)  # below a folder that root alone may enter; the containers see these mounted
    for public in (*layout.pki.rglob("*.crt"), *layout.pki.glob("*.pub")):
        public.chmod(0o444)
