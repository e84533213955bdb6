"""What the restricted pod security standard asks of a pod, as plain values for manifests that aren't Pulumi's.

Without Pulumi's SDK, so that commands which only apply a manifest needn't load it; `pods` says the same in its types.
"""

from __future__ import annotations

from collections.abc import Sequence
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


def task(
    containers: Sequence[dict[str, Any]],
    volumes: Sequence[dict[str, Any]],
    *,
    account: str | None = None,
    grace_seconds: int | None = None,
) -> dict[str, Any]:
    """The spec of a pod that runs once. It gets no API token and no environment variables of other Services.

    Args:
        containers: Each with `container_security`.
        volumes: What they mount.
        account: Its service account, if not the namespace's default.
        grace_seconds: How long it may take to end; Kubernetes' own default if None.
    """
    return {
        **({"serviceAccountName": account} if account else {}),
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "restartPolicy": "Never",
        **({"terminationGracePeriodSeconds": grace_seconds} if grace_seconds is not None else {}),
        "securityContext": pod_security(),
        "containers": list(containers),
        "volumes": list(volumes),
    }
