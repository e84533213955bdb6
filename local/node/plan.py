"""All that decides what runs, worked out before anything is changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local.node import containerd, machine, manifests
from local.node.config import NODE_IMAGES, NodeConfig
from local.node.files import read_json
from local.node.layout import Layout
from local.problem import Problem
from local.toolchain import gobinaries

PROGRAMS = ("kubelet", "kubeadm", "kube-proxy")


@dataclass(frozen=True)
class Plan:
    """Equal plans give equal nodes."""

    config: NodeConfig
    archives: dict[str, Path]
    images: dict[str, str]
    values: dict[str, str]
    """What is put into the manifests."""
    addons: list[dict[str, Any]]
    machine: machine.Machine
    binaries: dict[str, Path]

    def fingerprint(self) -> str:
        """Changes with anything in the plan, but for where the archives are."""
        static = manifests.static_pods(self.values, certificates="")
        parts = [self.config, self.images, static, self.addons, self.machine, self.binaries]
        return hashlib.sha256(json.dumps(parts, default=str, sort_keys=True).encode()).hexdigest()

    def settings(self) -> dict[str, Any]:
        """What is noted when the node is brought up; with `fingerprint` once that has ended well."""
        return {
            "fixed": self.config.fixed(),
            "config": asdict(self.config),
            "workloads": manifests.workloads(self.addons),
        }


def make(config: NodeConfig, archives: Mapping[str, Path], where: Layout) -> Plan:
    """Work out the plan for this machine.

    Raises:
        Problem: An archive is missing or none, or the node's data need another configuration.
    """
    if missing := set(NODE_IMAGES) - set(archives):
        raise Problem(f"no archive of the node's images {', '.join(sorted(missing))}", "build them: `mlp images`")
    _check_fixed(config, where)
    needed = {name: archives[name] for name in NODE_IMAGES}
    facts, images = machine.detect(), containerd.references(needed)
    values = manifests.values(config, where, facts, images)
    return Plan(
        config=config,
        archives=needed,
        images=images,
        values=values,
        addons=manifests.addons(values),
        machine=facts,
        binaries={name: gobinaries.path_of(name) for name in PROGRAMS},
    )


def last_config(where: Layout) -> NodeConfig:
    """The configuration with which the node was last brought up."""
    noted = read_json(where.settings)
    return NodeConfig(**noted["config"]) if noted else NodeConfig()


def _check_fixed(config: NodeConfig, where: Layout) -> None:
    noted = (read_json(where.settings) or {}).get("fixed", {})
    for name, value in config.fixed().items():
        if (kept := noted.get(name, value)) != value:
            raise Problem(
                f"the node's {name} is {kept}, not {value}: its data hold it",
                f"keep {name} {kept}, or start anew with `mlp purge`, which removes all data",
            )
