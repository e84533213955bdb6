"""What the restricted pod security standard asks of a pod, as plain values for manifests that aren't Pulumi's.

Without Pulumi's SDK, so that commands which only apply a manifest needn't load it; `pods` says the same in its types.
"""

from __future__ import annotations

from typing import Any

USER = 10001
"""User and group of every image of ours."""
SECCOMP = {"type": "RuntimeDefault"}


def pod_security() -> dict[str, Any]:
    """Our user everywhere; volumes that can be given to a group are given to its."""
    return {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": SECCOMP,
    }


def container_security() -> dict[str, Any]:
    """Nothing to gain: no root, no capability, no writing outside of mounted volumes."""
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": SECCOMP,
    }
