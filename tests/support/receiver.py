"""A receiver of alerts on this machine, at an address that pods reach."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.node.config import NodeConfig


class Receiver:
    """What came in, by the path that it was posted to."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._lock = threading.Lock()
        self._alerts: list[tuple[str, dict[str, Any]]] = []

    def note(self, path: str, body: bytes) -> None:
        """All alerts of one post."""
        alerts = json.loads(body)["alerts"]
        with self._lock:
            self._alerts += [(path, alert) for alert in alerts]

    def url(self, name: str) -> str:
        """Where to post."""
        return f"{self.address}/{name}"

    def got(self, name: str, **labels: str) -> list[dict[str, Any]]:
        """Alerts that one was told, with these labels."""
        with self._lock:
            return [
                alert
                for path, alert in self._alerts
                if path == f"/{name}" and labels.items() <= alert["labels"].items()
            ]

    def wait_for(self, name: str, seconds: float, **labels: str) -> dict[str, Any]:
        """The first such alert."""
        end = time.monotonic() + seconds
        while not (found := self.got(name, **labels)):
            with self._lock:
                seen = [(path, alert["labels"]) for path, alert in self._alerts]
            assert time.monotonic() < end, f"{name} wasn't told of {labels} in {seconds:.0f} s; told: {seen}"
            time.sleep(0.2)
        return found[0]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.note(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((NodeConfig().address, 0), Handler)
    receiver = Receiver(f"http://{NodeConfig().address}:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
