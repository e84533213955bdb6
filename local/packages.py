"""The Debian packages that the embedded node and the image builds need, and their installation."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from local.problem import Problem
from local.tasks import Report

NODE = (
    "containerd",
    "runc",
    "containernetworking-plugins",
    "iptables",
    "nftables",
    "conntrack",
    "iproute2",
    "kmod",
    "mount",
    "util-linux",
    "procps",
    "ca-certificates",
)
"""What the embedded node runs by."""

IMAGES = ("buildah", "mmdebstrap", "debian-archive-keyring", "ca-certificates")
"""What images are built by; the keyring for Ubuntu, which doesn't trust Debian's archive by itself."""

# Installed, Debian would start them at once and at every boot; the node runs its own.
SERVICES = ("containerd.service",)
LOCK_SECONDS = 300
LAST_LINES = 8


def missing(wanted: Sequence[str]) -> list[str]:
    """Those of the packages that aren't installed, in the order given; all of them where there is no dpkg."""
    if shutil.which("dpkg-query") is None:
        return list(dict.fromkeys(wanted))
    query = ["dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Package}\n", *wanted]
    answer = subprocess.run(query, capture_output=True, text=True, check=False)
    return _without_installed(wanted, answer.stdout)


def _without_installed(wanted: Sequence[str], answer: str) -> list[str]:
    installed = {line.split()[1] for line in answer.splitlines() if line.startswith("installed ")}
    return [name for name in dict.fromkeys(wanted) if name not in installed]


def ensure(report: Report, wanted: Sequence[str] = (*NODE, *IMAGES)) -> None:
    """Install what is missing. Never removes a package, never starts a service.

    Raises:
        Problem: It can't be installed; the text has apt's own words.
    """
    if not (names := missing(wanted)):
        report.cached()
        return
    command = f"apt-get install {' '.join(names)}"
    if shutil.which("apt-get") is None:
        raise Problem(f"these packages are missing and there is no apt-get: {' '.join(names)}", "use Debian or Ubuntu")
    if os.geteuid() != 0:
        raise Problem(f"these packages are missing: {' '.join(names)}", f"as root: {command}")
    report.say(f"installing {', '.join(names)}")
    with _not_started(SERVICES):
        error = "apt-get update was not run on this machine yet" if not _has_lists() else _install(names)
        if error:
            report.say("updating the list of packages")
            # An installation that was killed leaves dpkg half-way, and everything after it refused.
            _run(["dpkg", "--configure", "-a"])
            error = _run(["apt-get", "update", "-q"]) or _install(names)
    if error:
        raise Problem(
            f"apt-get couldn't install {' '.join(names)}:\n    {error}", f"mend what it says, or run: {command}"
        )


def _has_lists() -> bool:
    return any(Path("/var/lib/apt/lists").glob("*_Packages*"))


def _install(names: Sequence[str]) -> str:
    # --no-remove: on a machine with Docker, Debian's containerd would push out Docker's own.
    return _run(["apt-get", "install", "-q", "-y", "--no-install-recommends", "--no-remove", *names])


def _run(command: Sequence[str]) -> str:
    """Run one of apt's commands; returns the last lines of what it said if it failed, else nothing."""
    options = ["-o", f"DPkg::Lock::Timeout={LOCK_SECONDS}"] if command[0] == "apt-get" else []
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_MODE": "l", "LC_ALL": "C.UTF-8"}
    done = subprocess.run([*command, *options], capture_output=True, text=True, env=quiet, check=False)
    if done.returncode == 0:
        return ""
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return "\n    ".join(lines[-LAST_LINES:]) or f"{command[0]} ended with {done.returncode}"


@contextmanager
def _not_started(services: Sequence[str]) -> Iterator[None]:
    """Keep services that aren't there yet from being started by their installation, now and at boot."""
    new = [service for service in services if _has_systemd() and not _has_unit(service)]
    for service in new:
        _run(["systemctl", "mask", service])
    try:
        yield
    finally:
        for service in new:
            _run(["systemctl", "unmask", service])
            _run(["systemctl", "disable", service])


def _has_systemd() -> bool:
    return Path("/run/systemd/system").is_dir()


def _has_unit(service: str) -> bool:
    return any(Path(folder, service).exists() for folder in ("/etc/systemd/system", "/lib/systemd/system"))
