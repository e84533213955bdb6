"""Our own containerd: its configuration, and the images put into it."""

from __future__ import annotations

import json
import os
import tarfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc

from local.node.config import IMAGE_REPOSITORY, NodeConfig
from local.node.files import last_lines, write
from local.node.layout import Layout
from local.node.machine import Machine
from local.node.shell import run
from local.problem import Problem
from local.tasks import Report

NAMESPACE = "k8s.io"

_REF = "org.opencontainers.image.ref.name"


def settings(layout: Layout, machine: Machine, pause: str) -> str:
    """containerd's configuration: every path is ours, nothing of the system's containerd is shared."""
    systemd = "true" if machine.cgroup_driver == "systemd" else "false"
    restrict = "false" if machine.may_lower_oom_score else "true"
    return f"""\
version = 2
root = "{layout.containerd}"
state = "{layout.run}/containerd"
# `opt` would make /opt/containerd; the snapshotters need devices or file systems that aren't asked for.
disabled_plugins = [
  "io.containerd.internal.v1.opt",
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]

[grpc]
  address = "{layout.socket}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = {restrict}
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "{layout.cni_plugins}"
  conf_dir = "{layout.cni}"

[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "{layout.etc}/certs.d"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = {systemd}
  Root = "{layout.run}/runc"
"""


def hosts(config: NodeConfig) -> str:
    """How containerd talks to the node's registry: plain HTTP, as it is reached on this machine alone."""
    return f'server = "http://{config.registry}"\n\n[host."http://{config.registry}"]\n'


def configure(layout: Layout, config: NodeConfig, machine: Machine, pause: str) -> None:
    """Write containerd's files."""
    write(layout.etc / "containerd.toml", settings(layout, machine, pause))
    write(layout.etc / "certs.d" / config.registry / "hosts.toml", hosts(config))


def wait(layout: Layout, timeout: float = 60) -> None:
    """Return when containerd answers as the kubelet asks, which is later than `ctr` gets its first answer.

    Raises:
        Problem: It doesn't; the text carries the end of its log.
    """
    limit = time.monotonic() + timeout
    while not _answers(layout.socket):
        if time.monotonic() > limit:
            log = layout.log("containerd")
            raise Problem(f"containerd doesn't answer:\n{last_lines(log)}", f"the whole log is {log}")
        time.sleep(0.2)


def _answers(socket: Path) -> bool:
    with grpc.insecure_channel(f"unix:{socket}") as channel:
        # An empty message is a valid VersionRequest: no generated code is needed for this one call.
        version = channel.unary_unary("/runtime.v1.RuntimeService/Version")
        try:
            version(b"", timeout=2)
        except grpc.RpcError:
            return False
    return True


def reference(name: str, archive: Path) -> str:
    """The full name of an image, which its archive carries.

    Raises:
        Problem: The file is no OCI archive, or one of another image.
    """
    try:
        with tarfile.open(archive) as tar:
            index = tar.extractfile("index.json")
            manifest = json.load(index)["manifests"][0] if index else {}
            found: str = manifest["annotations"][_REF]
    except (OSError, KeyError, IndexError, ValueError, tarfile.TarError) as error:
        raise Problem(
            f"{archive} is no OCI archive of a named image: {error}", "build it again: `mlp images`"
        ) from error
    if not found.startswith(f"{IMAGE_REPOSITORY}/{name}:"):
        raise Problem(f"{archive} holds {found}, not {IMAGE_REPOSITORY}/{name}", "build it again: `mlp images`")
    return found


def references(archives: Mapping[str, Path]) -> dict[str, str]:
    """The name under which each image is imported and used."""
    return {name: reference(name, path) for name, path in archives.items()}


def load(layout: Layout, archives: Mapping[str, Path], report: Report) -> None:
    """Import the images that containerd doesn't have."""
    wanted, present = references(archives), _present(layout)
    missing = [name for name in wanted if wanted[name] not in present]

    def take(name: str) -> None:
        run(_ctr(layout, "images", "import", "--base-name", f"{IMAGE_REPOSITORY}/{name}", archives[name]))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(take, missing))
    if missing:
        report.say(f"imported {', '.join(missing)}")


def forget_others(layout: Layout, wanted: Mapping[str, str]) -> None:
    """Remove the node's earlier images, once no pod of its own needs them any more."""
    old = [name for name in _present(layout) if name.startswith(f"{IMAGE_REPOSITORY}/") and name not in wanted.values()]
    if old:
        run(_ctr(layout, "images", "rm", *old))


def _present(layout: Layout) -> set[str]:
    return set(run(_ctr(layout, "images", "ls", "-q")).split())


def _ctr(layout: Layout, *arguments: str | Path) -> list[str | Path]:
    return ["ctr", "--address", layout.socket, "--namespace", NAMESPACE, *arguments]
