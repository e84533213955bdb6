"""A small HTTP server for /metrics and /healthz."""

from __future__ import annotations

import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .errors import MonitoringError
from .text import CONTENT_TYPE

SECONDS = 30


class Handler(BaseHTTPRequestHandler):
    """GET alone. A client that is slow is dropped."""

    timeout = SECONDS
    server: Server

    def do_GET(self) -> None:
        """Answer."""
        if self.path == "/healthz":
            self._answer(200, "ok\n")
        elif self.path == "/metrics":
            try:
                self._answer(200, self.server.metrics())
            except MonitoringError as error:
                print(error, file=sys.stderr, flush=True)
                self._answer(503, f"{error}\n")
        else:
            self._answer(404, "there is /metrics and /healthz\n")

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: a line a scrape says nothing."""


class Server(ThreadingHTTPServer):
    """Serves what a function says at each request."""

    daemon_threads = True

    def __init__(self, port: int, metrics: Callable[[], str], host: str = "") -> None:
        """Listen at once."""
        super().__init__((host, port), Handler)
        self.metrics = metrics
