"""The component `watch`, on port 8794: says how the pod is, and checks DAG files before they are taken.

Each request is answered by a forked process: imports of users' files never touch the one that watches.
"""

from __future__ import annotations

import hmac
import http.server
import json
import os
import socketserver
import sys
import time

from . import check, health
from .archive import MOST_BYTES, RefusedError
from .board import Board

PORT = int(os.environ.get("MLP_CHECK_PORT", "8794"))
EVERY = 10.0
"""Seconds between two looks; until all are well it is a second."""
SOON = 1.0
"""The same until all were well for the first time: somebody waits."""
SUPERVISOR = "supervisor"
WATCH = "watch"
LIVELY = 60.0


class Server(socketserver.ForkingMixIn, http.server.HTTPServer):
    """Looks at Airflow between requests, and answers each of those in a process of its own."""

    max_children = 6
    request_queue_size = 32

    def __init__(self, board: Board, airflow: str, key: str) -> None:
        super().__init__(("", PORT), Handler)
        self.board = board
        self.airflow = airflow
        self.key = key
        self.health = health.NOTHING
        self.was_ready = False
        self._next = 0.0
        # Until then nobody could say who is well: not even those whose heartbeats are old.
        self._blind_until = time.monotonic()

    def service_actions(self) -> None:
        """Called between requests, at least once a second."""
        super().service_actions()
        now = time.monotonic()
        self.board.note(WATCH)
        if now < self._next:
            return
        self.health = health.look(self.airflow)
        self.was_ready = self.was_ready or not self.health.sick
        self._next = now + (EVERY if self.was_ready else SOON)
        if self.health.answered:
            self.board.note(health.API_SERVER)
        if not self.health.database:
            self._blind_until = now
        for name in health.PARTS:
            beat = now - self.health.heartbeat_ages.get(name, now)
            self.board.note(name, max(beat, self._blind_until))

    def ready(self) -> tuple[bool, dict[str, object]]:
        """All well at first; then the api-server alone counts, since tasks need it when another part is sick."""
        well = self.health.database if self.was_ready else not self.health.sick
        return well, {"sick": self.health.sick, "database": self.health.database}


class Handler(http.server.BaseHTTPRequestHandler):
    """GET /live, GET /ready, POST /check."""

    server: Server
    timeout = 15

    def do_GET(self) -> None:
        """Say how it is."""
        if self.path == "/live":
            age = self.server.board.age(SUPERVISOR)
            self._answer(200 if age < LIVELY else 503, {"seconds": round(age)})
        elif self.path == "/ready":
            ready, detail = self.server.ready()
            self._answer(200 if ready else 503, detail)
        else:
            self._answer(404, {"error": "GET /live, GET /ready, POST /check"})

    def do_POST(self) -> None:
        """Check DAG files."""
        length = self.headers.get("Content-Length", "")
        given = self.headers.get("Authorization", "").encode()
        if self.path != "/check":
            self._answer(404, {"error": "GET /live, GET /ready, POST /check"})
        elif not (self.server.key and hmac.compare_digest(given, f"Bearer {self.server.key}".encode())):
            self._answer(401, {"error": "send Authorization: Bearer <key>"})
        elif not length.isdigit():
            self._answer(411, {"error": "send Content-Length"})
        elif int(length) > MOST_BYTES:
            self._answer(413, {"error": f"more than {MOST_BYTES // 2**20} MiB"})
        else:
            try:
                self._answer(200, dict(check.check(self.rfile.read(int(length)))))
            except RefusedError as error:
                self._answer(400, {"error": str(error)})

    def _answer(self, status: int, body: dict[str, object]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """Probes, every few seconds, aren't worth a line."""
        if self.command != "GET":
            print(format % args, file=sys.stderr, flush=True)


def run(board: Board, airflow: str, key: str) -> None:
    """Serve for ever."""
    Server(board, airflow, key).serve_forever(poll_interval=1.0)
