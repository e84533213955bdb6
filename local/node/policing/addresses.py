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
        self._told: dict[Key, str] = {}
        self._lock = threading.Lock()

    def give(self, key: Key, address: str) -> None:
        """A pod has an address from now on; nobody else has it."""
        with self._lock:
            self._told[key] = address

    def take(self, key: Key, address: str) -> None:
        """A pod has no address any more, whatever the API server still says; unless it has another by now."""
        with self._lock:
            if self._told.get(key) in (None, address) or not address:
                self._told[key] = ""

    def of(self, pods: Mapping[Key, Pod]) -> list[Pod]:
        """The pods that have an address, each with that which it has now."""
        with self._lock:
            self._told = {key: address for key, address in self._told.items() if address or key in pods}
            told = dict(self._told)
        others = [pod for key, pod in pods.items() if key not in told]
        known = [replace(pods[key], address=address) for key, address in told.items() if key in pods]
        # What was told comes last and counts: the API server may still know a pod by what is another's address now.
        return list({pod.address: pod for pod in [*others, *known] if pod.address}.values())
