"""Addresses of pods as the CNI plugin tells them: the API server learns of them a second or two later."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace

from local.node.policing.objects import Pod

Key = tuple[str, str]
"""Namespace and name."""


class Addresses:
    """What is known of pods that came or went since this process started."""

    def __init__(self) -> None:
        self._told: dict[Key, tuple[str, str]] = {}
        """Sandbox and address; no address once that sandbox is gone."""
        self._lock = threading.Lock()

    def give(self, key: Key, sandbox: str, address: str) -> None:
        """A pod has an address from now on; nobody else has it."""
        with self._lock:
            self._told[key] = sandbox, address

    def take(self, key: Key, sandbox: str) -> None:
        """A sandbox's address is nobody's any more, whatever the API server still says.

        The pod may have another sandbox by now: of those that are over containerd tells again and again.
        """
        with self._lock:
            if self._told.get(key, ("", ""))[0] == sandbox:
                self._told[key] = sandbox, ""

    def of(self, pods: Mapping[Key, Pod]) -> list[Pod]:
        """The pods that have an address, each with that which it has now."""
        with self._lock:
            self._told = {key: value for key, value in self._told.items() if value[1] or key in pods}
            told = {key: address for key, (_, address) in self._told.items()}
        others = [pod for key, pod in pods.items() if key not in told]
        known = [replace(pods[key], address=address) for key, address in told.items() if key in pods]
        # What was told comes last and counts: the API server may still know a pod by what is another's address now.
        return list({pod.address: pod for pod in [*others, *known] if pod.address}.values())
