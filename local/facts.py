"""What kind of machine this is and what runs on it, as far as `preflight` asks. Read only."""

from __future__ import annotations

import contextlib
import gzip
import ipaddress
import os
import platform
import re
import shutil
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from local import paths
from local.node.layout import layout
from local.node.network import LINK

LISTEN = "0A"
# The node's own link and those of its pods.
OUR_LINKS = (LINK, "veth")
# A process's name is cut after 15 characters; ours and those like it end in a content key.
KUBELET = re.compile(r"kubelet(-[0-9a-f]+)?|k3s(-server)?|k0s|kubelite")


@dataclass(frozen=True)
class Process:
    """A process of this machine."""

    pid: int
    name: str

    def __str__(self) -> str:
        """As a message names it."""
        return f"{self.name} (pid {self.pid})"


@dataclass(frozen=True)
class Listener:
    """A TCP port that something listens at; `owner` is None where it isn't ours to see."""

    address: str
    port: int
    owner: Process | None
    ours: bool


@dataclass(frozen=True)
class Route:
    """A range that this machine sends to a link."""

    network: ipaddress.IPv4Network
    link: str


@dataclass(frozen=True)
class Facts:
    """A machine, as `preflight` sees it. Sizes in bytes."""

    system: str = "Linux"
    architecture: str = "x86_64"
    root: bool = True
    apt: bool = True
    memory: int = 16 << 30
    free_disk: int = 100 << 30
    """Where the cache is."""
    free_home: int | None = None
    """Where the state is, if that is another disk."""
    kernel_options: frozenset[str] | None = None
    """Features built into the kernel or as modules; None where it doesn't tell."""
    listeners: tuple[Listener, ...] = ()
    kubelets: tuple[Process, ...] = ()
    """Kubernetes nodes in this network namespace that aren't ours."""
    apt_holder: Process | None = None
    """The process that holds dpkg's lock."""
    routes: tuple[Route, ...] = ()
    """Routes that aren't the default one and not ours."""


def gather() -> Facts:
    """Read the facts of this machine."""
    processes = _processes()
    return Facts(
        system=platform.system(),
        architecture=platform.machine(),
        root=os.geteuid() == 0,
        apt=shutil.which("apt-get") is not None,
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        free_disk=_free(paths.cache()),
        free_home=_free(paths.home()) if _device(paths.home()) != _device(paths.cache()) else None,
        kernel_options=_kernel_options(),
        listeners=tuple(_listeners(processes)),
        kubelets=tuple(_kubelets(processes)),
        apt_holder=_lock_holder(Path("/var/lib/dpkg/lock-frontend"), processes),
        routes=tuple(routes(_read(Path("/proc/net/route")))),
    )


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _existing(folder: Path) -> Path:
    return next(parent for parent in (folder, *folder.parents) if parent.exists())


def _free(folder: Path) -> int:
    return shutil.disk_usage(_existing(folder)).free


def _device(folder: Path) -> int:
    return _existing(folder).stat().st_dev


def _kernel_options() -> frozenset[str] | None:
    built, beside = Path("/proc/config.gz"), Path(f"/boot/config-{platform.release()}")
    if built.exists():
        return options(gzip.decompress(built.read_bytes()).decode())
    return options(text) if (text := _read(beside)) else None


def options(config: str) -> frozenset[str]:
    """The features that a kernel's configuration has, built in or as modules."""
    return frozenset(re.findall(r"^CONFIG_(\w+)=[ym]$", config, re.MULTILINE))


def _processes() -> dict[int, tuple[Process, int]]:
    """Every process and its parent's pid."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (stat := _read(folder / "stat")):
            # The name, in parentheses, may hold blanks and parentheses itself.
            name, rest = stat[stat.index("(") + 1 : stat.rindex(")")], stat[stat.rindex(")") + 2 :].split()
            found[int(folder.name)] = (Process(int(folder.name), name), int(rest[1]))
    return found


def _is_ours(pid: int, processes: dict[int, tuple[Process, int]]) -> bool:
    """Whether our node started it: its processes and containerd's shims name a folder of ours on their command line."""
    marks = (str(layout().run), str(layout().data))
    while pid in processes and pid > 1:
        command = _read(Path(f"/proc/{pid}/cmdline"))
        if any(mark in command for mark in marks):
            return True
        pid = processes[pid][1]
    return False


def _listeners(processes: dict[int, tuple[Process, int]]) -> Iterable[Listener]:
    open_sockets = [entry for name in ("tcp", "tcp6") for entry in sockets(_read(Path("/proc/net") / name))]
    owners = _owners({inode for _, _, inode in open_sockets}, processes)
    for address, port, inode in open_sockets:
        owner = owners.get(inode)
        yield Listener(address, port, owner, owner is not None and _is_ours(owner.pid, processes))


def sockets(table: str) -> list[tuple[str, int, str]]:
    """Address, port and inode of each listening socket in the text of /proc/net/tcp or tcp6."""
    found = []
    for line in table.splitlines()[1:]:
        fields = line.split()
        if fields[3] == LISTEN:
            address, port = fields[1].split(":")
            found.append((_address(address), int(port, 16), fields[9]))
    return found


def _address(text: str) -> str:
    # The kernel prints each 32-bit word in the machine's own byte order.
    words = [struct.pack("=I", int(text[i : i + 8], 16)) for i in range(0, len(text), 8)]
    packed = b"".join(words)
    address = ipaddress.ip_address(packed)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _owners(inodes: set[str], processes: dict[int, tuple[Process, int]]) -> dict[str, Process]:
    owners = {}
    for pid, (process, _) in processes.items():
        for link in _open_files(pid):
            if link.startswith("socket:[") and (inode := link[8:-1]) in inodes:
                owners[inode] = process
    return owners


def _open_files(pid: int) -> Iterable[str]:
    # Processes end and files are closed while one looks; those of others aren't ours to look into.
    with contextlib.suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                yield str(entry.readlink())


def _kubelets(processes: dict[int, tuple[Process, int]]) -> Iterable[Process]:
    for pid, (process, _) in processes.items():
        if KUBELET.fullmatch(process.name) and _network(pid) == _network(os.getpid()) and not _is_ours(pid, processes):
            yield process


def _network(pid: int) -> str:
    # kind and k3d run their kubelets in containers: those have a network of their own and bother nobody.
    try:
        return str(Path(f"/proc/{pid}/ns/net").readlink())
    except OSError:
        return ""


def _lock_holder(lock: Path, processes: dict[int, tuple[Process, int]]) -> Process | None:
    if not lock.exists():
        return None
    inode = lock.stat().st_ino
    for line in _read(Path("/proc/locks")).splitlines():
        held = re.search(r"WRITE\s+(\d+)\s+\w+:\w+:(\d+)", line)
        if held and int(held[2]) == inode and int(held[1]) in processes:
            return processes[int(held[1])][0]
    return None


def routes(table: str) -> list[Route]:
    """The routes in the text of /proc/net/route, without the default ones and those of our own links."""
    found = []
    for line in table.splitlines()[1:]:
        fields = line.split()
        link, target, mask = fields[0], *(struct.pack("=I", int(fields[i], 16)) for i in (1, 7))
        network = ipaddress.IPv4Network((target, ipaddress.IPv4Address(mask).exploded))
        if network.prefixlen > 0 and not link.startswith(OUR_LINKS):
            found.append(Route(network, link))
    return found
