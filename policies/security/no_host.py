"""Pods have nothing of the node's: not its network, processes, folders or ports."""

from __future__ import annotations

from collections.abc import Iterator

from policies import pods
from policies.resource import Resource
from policies.rule import Rule, Severity

SHARED = ("hostNetwork", "hostPID", "hostIPC")


def _check(resource: Resource) -> Iterator[str]:
    for pod in pods.of(resource):
        for field in SHARED:
            if pod.spec.get(field):
                yield f"{pod.title} has {field}"
        for volume in pod.volumes:
            if path := (volume.get("hostPath") or {}).get("path"):
                yield f"{pod.title} mounts {path} of the node"
        for container in pod.containers:
            for port in container.spec.get("ports") or ():
                if port.get("hostPort"):
                    yield f"{container.title} takes port {port['hostPort']} of the node"


RULE = Rule(
    "security-no-host",
    "Pods share no network, processes, folders or ports with the node.",
    Severity.CRITICAL,
    "leave out hostNetwork, hostPID, hostIPC, hostPath and hostPort; use a Service, or a claim for what is stored",
    _check,
    "pod security, restricted",
)
