"""A Kubernetes API server that answers what a test tells it to, and remembers what it was asked.

    with ApiServer() as server:
        server.reply("GET", "/api/v1/namespaces/ns/configmaps/a", {"kind": "ConfigMap", ...})

Replies to one method and path are given in turn; the last one stays. What has no reply is a 404.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml

CORE = {
    "resources": [
        {"kind": "Namespace", "name": "namespaces", "namespaced": False},
        {"kind": "ConfigMap", "name": "configmaps", "namespaced": True},
        {"kind": "Secret", "name": "secrets", "namespaced": True},
        {"kind": "Service", "name": "services", "namespaced": True},
        {"kind": "Pod", "name": "pods", "namespaced": True},
        {"kind": "Pod", "name": "pods/log", "namespaced": True},
    ]
}
APPS = {"resources": [{"kind": "Deployment", "name": "deployments", "namespaced": True}]}
BATCH = {"resources": [{"kind": "Job", "name": "jobs", "namespaced": True}]}


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str] = field(repr=False)


@dataclass
class Reply:
    """One answer: a body, or a stream of watch events that stays open until `hold` is set."""

    status: int = 200
    body: Any = None
    events: list[Any] | None = None
    hold: threading.Event | None = None
    headers: dict[str, str] = field(default_factory=dict)


class ApiServer:
    """Serves plain HTTP on a loopback port while its context is open."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._replies: dict[tuple[str, str], list[Reply]] = defaultdict(list)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.reply("GET", "/version", {"major": "1", "minor": "35"})
        self.reply("GET", "/api/v1", CORE)
        self.reply("GET", "/apis/apps/v1", APPS)
        self.reply("GET", "/apis/batch/v1", BATCH)

    @property
    def kubeconfig(self) -> str:
        """Contents of a kubeconfig for it."""
        named = {"name": "double"}
        return str(
            yaml.safe_dump(
                {
                    "clusters": [{**named, "cluster": {"server": f"http://127.0.0.1:{self._server.server_port}"}}],
                    "users": [{**named, "user": {"token": "of-the-double"}}],
                    "contexts": [{**named, "context": {"cluster": "double", "user": "double"}}],
                    "current-context": "double",
                }
            )
        )

    def reply(self, method: str, path: str, body: Any = None, status: int = 200, **more: Any) -> None:
        """Answer the next request to a path so."""
        self._replies[(method, path)].append(Reply(status, body, **more))

    def fail(self, method: str, path: str, status: int, reason: str, message: str, **details: Any) -> None:
        """Answer the next request to a path with a Status object."""
        body = {"kind": "Status", "code": status, "reason": reason, "message": message, "details": details}
        self.reply(method, path, body, status)

    def of(self, method: str) -> list[Asked]:
        """Requests with a method, in order."""
        return [asked for asked in self.asked if asked.method == method]

    def __enter__(self) -> ApiServer:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _next(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            # A watch on a collection is told apart from a list of it.
            key = ("WATCH" if "watch" in asked.query else asked.method, asked.path)
            replies = self._replies.get(key)
            if not replies:
                return Reply(404, {"kind": "Status", "code": 404, "reason": "NotFound", "message": f"no {asked.path}"})
            return replies.pop(0) if len(replies) > 1 else replies[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        double = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                url = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                asked = Asked(self.command, url.path, dict(parse_qsl(url.query)), body, dict(self.headers))
                reply = double._next(asked)
                if reply.events is not None:
                    self.stream(reply.events, reply.hold)
                    return
                data = reply.body.encode() if isinstance(reply.body, str) else json.dumps(reply.body or {}).encode()
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(data)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815 - http.server's names

            def stream(self, events: Iterable[Any], hold: threading.Event | None) -> None:
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for event in events:
                    self.chunk(json.dumps(event).encode() + b"\n")
                if hold is not None:
                    hold.wait(20)
                with contextlib.suppress(OSError):  # the client may have left
                    self.chunk(b"")

            def chunk(self, data: bytes) -> None:
                self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
                self.wfile.flush()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler
