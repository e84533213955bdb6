"""What this machine lacks to run the platform, said before anything starts, each with its fix. Changes nothing."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from local import paths
from local.facts import Facts, Listener, gather
from local.node.config import NodeConfig
from local.toolchain import gobinaries

GIB = 1 << 30
ARCHITECTURES = ("x86_64", "aarch64")
LEAST_MEMORY = 4 * GIB
MEMORY_TO_BUILD = 6 * GIB
# Tools and Go as measured on Debian 12, x86_64; images and node with room to spare (2.5 and 3.5 GiB were seen).
DISK_FOR_TOOLS = 3 * GIB
DISK_FOR_GO = 16 * GIB
DISK_FOR_IMAGES = 8 * GIB
DISK_FOR_NODE = 6 * GIB
# Below this the kubelet evicts pods whatever is cached.
DISK_TO_RUN = 3 * GIB
KERNEL = ("OVERLAY_FS", "BRIDGE", "VETH", "NF_TABLES", "NF_CONNTRACK", "NFT_NAT", "NFT_MASQ", "MEMCG", "CGROUP_PIDS")
OWN_CLUSTER = "or use a cluster that you have: set MLP_KUBE_CONTEXT and MLP_REGISTRY"


@dataclass(frozen=True)
class Finding:
    """Something that isn't met. `fatal`: it can't work like that; else it may."""

    what: str
    fix: str
    fatal: bool = True


@dataclass(frozen=True)
class Cached:
    """What earlier runs left, so that it takes no more disk: numbers of programs, and whether the rest is there."""

    programs_missing: int
    programs: int
    tools: bool
    images: bool
    node: bool


def cached() -> Cached:
    """What is there on this machine."""
    missing = sum(not gobinaries.path_of(name).exists() for name in gobinaries.BINARIES)
    return Cached(
        programs_missing=missing,
        programs=len(gobinaries.BINARIES),
        tools=(paths.cache() / "boot" / ".made-from").exists(),
        images=(paths.home() / "images.json").exists(),
        node=(paths.home() / "node" / "node.json").exists(),
    )


def check(config: NodeConfig | None, facts: Facts | None = None, there: Cached | None = None) -> list[Finding]:
    """Everything that isn't met on this machine.

    Args:
        config: The embedded node that shall run here; None where another cluster is used.
        facts: The machine; gathered when not given.
        there: What is cached; looked up when not given.
    """
    facts, there = facts or gather(), there or cached()
    if facts.system != "Linux":
        return [
            Finding(
                f"this is {facts.system}, and the platform's tools are built for Linux", "use a Linux machine or VM"
            )
        ]
    findings = [*_machine(facts), *_disk(facts, there, embedded=config is not None)]
    if config is not None:
        findings += [*_node(facts, there), *_ports(facts, config), *_ranges(facts, config)]
    return findings


def _machine(facts: Facts) -> Iterator[Finding]:
    if facts.architecture not in ARCHITECTURES:
        yield Finding(f"the processor is {facts.architecture}", f"use one of {', '.join(ARCHITECTURES)}")
    if not facts.apt:
        yield Finding("there is no apt-get on this machine", "use Debian 12 or Ubuntu 24.04 or newer")
    if facts.apt_holder is not None:
        yield Finding(
            f"{facts.apt_holder} is installing packages and holds dpkg's lock",
            "wait until it has ended; `up` itself waits five minutes",
            fatal=False,
        )
    if not facts.root:
        yield Finding(
            "you are not root; building images and running a node need it", f"run it with sudo, {OWN_CLUSTER}"
        )


def _node(facts: Facts, there: Cached) -> Iterator[Finding]:
    if facts.memory < LEAST_MEMORY:
        yield Finding(
            f"memory is {_gib(facts.memory)}; node and platform need {_gib(LEAST_MEMORY)}", f"add memory, {OWN_CLUSTER}"
        )
    elif facts.memory < MEMORY_TO_BUILD and there.programs_missing:
        yield Finding(
            f"memory is {_gib(facts.memory)}; compiling Kubernetes wants {_gib(MEMORY_TO_BUILD)}",
            "add memory or swap for the first run",
            fatal=False,
        )
    if facts.kernel_options is not None and (lacking := [name for name in KERNEL if name not in facts.kernel_options]):
        yield Finding(f"the kernel has no {', '.join(lacking)}", f"boot your distribution's own kernel, {OWN_CLUSTER}")
    for kubelet in facts.kubelets:
        yield Finding(
            f"another Kubernetes node runs here: {kubelet}", f"stop it (two on one machine fight), {OWN_CLUSTER}"
        )


def disk_needed(there: Cached, embedded: bool) -> int:
    """Bytes that a run adds at its peak, given what is there."""
    go = DISK_FOR_GO * there.programs_missing // there.programs
    rest = (DISK_FOR_TOOLS, there.tools), (DISK_FOR_IMAGES, there.images), (DISK_FOR_NODE, there.node or not embedded)
    return go + sum(size for size, done in rest if not done) + DISK_TO_RUN


def _disk(facts: Facts, there: Cached, embedded: bool) -> Iterator[Finding]:
    needed = disk_needed(there, embedded)
    if (
        facts.free_home is not None
        and embedded
        and facts.free_home < (least := DISK_FOR_NODE * (not there.node) + DISK_TO_RUN)
    ):
        yield Finding(
            f"{_gib(facts.free_home)} are free at {paths.home()}; the node's data need {_gib(least)}",
            "free some, or set MLP_HOME to a folder on a larger disk",
        )
    if facts.free_disk < needed:
        yield Finding(
            f"{_gib(facts.free_disk)} are free at {paths.cache()}; this run needs {_gib(needed)} at its peak",
            "free some, or set MLP_CACHE to a folder on a larger disk",
        )


def _ports(facts: Facts, config: NodeConfig) -> Iterator[Finding]:
    wanted = [
        (config.ingress_port, "127.0.0.1", "the ingress"),
        (config.api_port, config.address, "the Kubernetes API"),
        (config.registry_port, config.address, "the registry"),
        (9080, config.address, "the ingress's own health"),
        (10250, config.address, "the kubelet"),
        *((port, "127.0.0.1", "etcd") for port in (2379, 2380, 2381)),
        *((port, "127.0.0.1", "Kubernetes") for port in (10248, 10249, 10256, 10257, 10259)),
    ]
    taken: dict[str, list[tuple[int, str]]] = {}
    for port, address, purpose in wanted:
        if (listener := _in_the_way(facts.listeners, port, address)) is not None:
            owner = str(listener.owner or "a process that can't be seen from here")
            taken.setdefault(owner, []).append((port, purpose))
    for owner, ports in taken.items():
        choice = ", or set another ingress.port in stacks/local-foundation.yaml" if ports[0][1] == "the ingress" else ""
        listed = ", ".join(f"{port} ({purpose})" for port, purpose in ports)
        yield Finding(f"{owner} has taken ports that the node needs: {listed}", f"stop it{choice}, {OWN_CLUSTER}")


def _in_the_way(listeners: Sequence[Listener], port: int, address: str) -> Listener | None:
    everywhere = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
    for listener in listeners:
        if listener.port == port and not listener.ours and listener.address in (address, *everywhere):
            return listener
    return None


def _ranges(facts: Facts, config: NodeConfig) -> Iterator[Finding]:
    for text in (config.address, config.pods, config.services):
        ours = ipaddress.IPv4Network(text)
        for route in facts.routes:
            if route.network.subnet_of(ours):
                yield Finding(
                    f"{route.network} already goes to {route.link} and lies in {ours}, which the node uses",
                    f"take that network down, {OWN_CLUSTER}",
                )
            elif route.network.overlaps(ours):
                yield Finding(
                    f"{route.network} goes to {route.link}; {ours} of it is the node's while it runs",
                    "nothing, unless you need addresses of that part",
                    fatal=False,
                )


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"
