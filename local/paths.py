"""Where the project keeps things on a machine, in one place."""

from __future__ import annotations

import os
from pathlib import Path


def _folder(variable: str, of_root: str, xdg: str, fallback: str) -> Path:
    if given := os.environ.get(variable):
        return Path(given).absolute()
    if os.geteuid() == 0:
        return Path(of_root)
    return Path(os.environ.get(xdg) or Path.home() / fallback) / "mlplatform"


def home() -> Path:
    """State that can't be rebuilt: Pulumi's backend, passphrase, root secret, the node's data. 0700."""
    return _folder("MLP_HOME", "/var/lib/mlplatform", "XDG_STATE_HOME", ".local/state")


def cache() -> Path:
    """What can be rebuilt: toolchain, Go and uv caches, built programs, image layers."""
    return _folder("MLP_CACHE", "/var/cache/mlplatform", "XDG_CACHE_HOME", ".cache")


def checkout() -> Path:
    """The root of the checkout that this code runs from."""
    return Path(__file__).resolve().parent.parent


def passphrase() -> Path:
    """The file with the passphrase of Pulumi's local stacks."""
    return home() / "passphrase"


def root_secret() -> Path:
    """The file with the secret from which local stacks derive theirs."""
    return home() / "root-secret"


def backend() -> Path:
    """The folder of Pulumi's file backend."""
    return home() / "state"


def kubeconfig() -> Path:
    """The kubeconfig of the embedded node."""
    return home() / "kubeconfig"
