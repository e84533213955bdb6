"""Where the CNI plugin (`cni.py`) tells of pods that come and go: a socket, a line of JSON in, a line of text out."""

from __future__ import annotations

import json
import socketserver
import time
from collections.abc import Callable
from pathlib import Path

from local.node.policing.addresses import Addresses, Key
from local.node.policing.cni import IN_FORCE
from local.node.policing.police import Police

SECONDS = 50.0
"""Less than the plugin waits."""
LOOK_SECONDS = 0.02


class Door(socketserver.ThreadingUnixStreamServer):
    """Each pod that comes waits here until its policies are in force."""

    daemon_threads = True

    def __init__(self, path: Path, addresses: Addresses, police: Police, knows: Callable[[Key], bool]) -> None:
        """Listens.

        Args:
            path: Of the socket; what is there is replaced.
            addresses: Told who has which.
            police: Told that something changed.
            knows: Whether the API server has told of a pod yet.
        """
        path.unlink(missing_ok=True)
        self._addresses, self._police, self._knows = addresses, police, knows
        super().__init__(str(path), _Visitor)
        path.chmod(0o600)

    def answer(self, told: dict[str, str]) -> str:
        """Take note of what a pod's plugin tells; what it is answered."""
        key = told["namespace"], told["name"]
        if told["command"] == "DEL":
            self._addresses.take(key, told["sandbox"])
            self._police.changed()
            return IN_FORCE
        self._addresses.give(key, told["sandbox"], told["address"])
        end = time.monotonic() + SECONDS
        while not self._knows(key):
            if time.monotonic() > end:
                return "the API server hasn't told of the pod"
            time.sleep(LOOK_SECONDS)
        well = self._police.wait(self._police.changed(), max(0.0, end - time.monotonic()))
        return IN_FORCE if well else "they can't be put in force: see the log of policing"


class _Visitor(socketserver.StreamRequestHandler):
    server: Door

    def handle(self) -> None:
        told = json.loads(self.rfile.readline())
        self.wfile.write(f"{self.server.answer(told)}\n".encode())
