"""Where the node keeps its things."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from local import paths


@dataclass(frozen=True)
class Layout:
    """The node's folders and files: data in `data`, what a reboot may take in `run`."""

    data: Path
    run: Path

    @property
    def containerd(self) -> Path:
        """containerd's images and metadata."""
        return self.data / "containerd"

    @property
    def kubelet(self) -> Path:
        """The kubelet's root: pods and their mounts."""
        return self.data / "kubelet"

    @property
    def etcd(self) -> Path:
        """etcd's database: every object of the cluster."""
        return self.data / "etcd"

    @property
    def registry(self) -> Path:
        """The registry's blobs."""
        return self.data / "registry"

    @property
    def volumes(self) -> Path:
        """Persistent volumes of the storage class."""
        return self.data / "volumes"

    @property
    def pki(self) -> Path:
        """Certificate authorities, certificates and keys."""
        return self.data / "pki"

    @property
    def etc(self) -> Path:
        """Rendered configuration; all of it can be written again."""
        return self.data / "etc"

    @property
    def manifests(self) -> Path:
        """Static pods."""
        return self.etc / "manifests"

    @property
    def kubeconfigs(self) -> Path:
        """The components' own kubeconfigs."""
        return self.data / "kubeconfigs"

    @property
    def cni(self) -> Path:
        """CNI configuration, read by our containerd alone."""
        return self.etc / "cni"

    @property
    def cni_plugins(self) -> Path:
        """CNI plugins: the machine's and ours."""
        return self.etc / "cni-plugins"

    @property
    def policing(self) -> Path:
        """Where pods that come are told to who polices."""
        return self.run / "policing.sock"

    @property
    def logs(self) -> Path:
        """Logs of containerd and kubelet, and `pods/`."""
        return self.data / "logs"

    @property
    def before(self) -> Path:
        """What the machine was like before the node was started."""
        return self.data / "before.json"

    @property
    def settings(self) -> Path:
        """What the node was last brought up with."""
        return self.data / "node.json"

    @property
    def socket(self) -> Path:
        """Our containerd's socket."""
        return self.run / "containerd.sock"

    @property
    def lock(self) -> Path:
        """Held while the node is brought up or down."""
        return self.run.with_suffix(".lock")

    @property
    def owner(self) -> Path:
        """Says whose data (`data`) the running node has."""
        return self.run / "owner"

    def pid_file(self, name: str) -> Path:
        """The pid file of one of our processes."""
        return self.run / "pids" / f"{name}.json"

    def log(self, name: str) -> Path:
        """The log of one of our processes."""
        return self.logs / f"{name}.log"


def layout() -> Layout:
    """The layout of this machine's one embedded node."""
    return Layout(data=paths.home() / "node", run=Path("/run/mlplatform"))
