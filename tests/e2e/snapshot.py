"""What a machine holds that a node could leave behind: processes, mounts, links, rules, cgroups."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path


@dataclass(frozen=True)
class Snapshot:
    """The five lists, each as comparable text."""

    processes: frozenset[str]
    """Daemons: what belongs to init. Kernel threads and what somebody runs in a terminal come and go."""
    mounts: frozenset[str]
    links: frozenset[str]
    rules: frozenset[str]
    cgroups: frozenset[str]

    def difference(self, earlier: Snapshot) -> dict[str, tuple[list[str], list[str]]]:
        """For each list that differs: what is new, and what is gone."""
        result = {}
        for each in fields(self):
            now, then = getattr(self, each.name), getattr(earlier, each.name)
            if now != then:
                result[each.name] = (sorted(now - then), sorted(then - now))
        return result


def take() -> Snapshot:
    """The machine as it is now."""
    return Snapshot(_processes(), _mounts(), _links(), _rules(), _cgroups())


def _processes() -> frozenset[str]:
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields_after_name = stat.read_text().rpartition(")")[2].split()
            command = (stat.parent / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue
        if fields_after_name[1] == "1" and fields_after_name[0] != "Z":
            found.add(f"{stat.parent.name} {command}")
    return frozenset(found)


def _mounts() -> frozenset[str]:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return frozenset(" ".join(line.split()[3:5]) for line in lines)


def _links() -> frozenset[str]:
    """Names of links and this machine's addresses, from the kernel: `ip` may not be there."""
    names = {name for _, name in socket.if_nameindex()}
    lines = Path("/proc/net/fib_trie").read_text().splitlines()
    ipv4 = {above.split()[-1] for above, line in pairwise(lines) if line.strip() == "/32 host LOCAL"}
    ipv6 = {line.split()[0] for line in Path("/proc/net/if_inet6").read_text().splitlines()}
    return frozenset(names | ipv4 | ipv6)


def _rules() -> frozenset[str]:
    """A new machine has no `nft` before the first `up` installs it, and so no rules that a person made with it."""
    nft = [line.strip() for line in _run("nft", "list", "ruleset").splitlines() if line.strip()] if _has("nft") else []
    # Only when a table is there: asking makes it.
    legacy = Path("/proc/net/ip_tables_names")
    names = legacy.read_text().split() if legacy.is_file() else []
    old = [f"{name} {line}" for name in names for line in _run("iptables-legacy", "-t", name, "-S").splitlines()]
    return frozenset(nft + old)


def _cgroups() -> frozenset[str]:
    root = Path("/sys/fs/cgroup")
    # Not by rglob, which fails on what goes meanwhile.
    return frozenset(
        str(Path(above, name).relative_to(root)) for above, folders, _ in os.walk(root) for name in folders
    )


def _has(program: str) -> bool:
    return shutil.which(program) is not None


def _run(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout
