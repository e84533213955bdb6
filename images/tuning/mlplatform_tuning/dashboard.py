"""Optuna's dashboard behind a password, for reading alone: it has no sign-in of its own, and can delete studies."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
READING = ("GET", "HEAD")
HEALTH = "/healthz"
PORT = 8080


class Guarded:
    """Lets through who knows the password and only reads; the rest gets 401 or 405."""

    def __init__(self, application: Application, user: str, password: str) -> None:
        self._application = application
        self._expected = f"{user}:{password}".encode()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """A WSGI application."""
        if environ.get("PATH_INFO") == HEALTH:
            return _say(start, "200 OK", "ok")
        if not self._knows(environ.get("HTTP_AUTHORIZATION", "")):
            challenge = ("WWW-Authenticate", 'Basic realm="tuning", charset="UTF-8"')
            return _say(start, "401 Unauthorized", "sign in: `mlp credentials tuning --team <team>`", challenge)
        if environ.get("REQUEST_METHOD") not in READING:
            return _say(
                start, "405 Method Not Allowed", "sweeps can be read here alone: `mlp sweep`", ("Allow", "GET, HEAD")
            )
        return self._application(environ, start)

    def _knows(self, header: str) -> bool:
        kind, _, given = header.partition(" ")
        try:
            shown = base64.b64decode(given.strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        return kind.lower() == "basic" and hmac.compare_digest(shown, self._expected)


def _say(start: Callable[..., Any], status: str, text: str, *headers: tuple[str, str]) -> Iterable[bytes]:
    start(status, [("Content-Type", "text/plain; charset=utf-8"), *headers])
    return [text.encode() + b"\n"]


class Server(ThreadingMixIn, WSGIServer):
    """A thread a request: a page asks for several things at once."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Without a line for each request; a client that stalls ends."""

    timeout = 30

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


def serve(url: str, user: str, password: str, port: int = PORT) -> None:
    """Serve the studies until the process ends."""
    from optuna_dashboard import wsgi

    from .storage import Storage, read_only

    # Makes the tables unless they are there; what is served can't write.
    Storage(url, heartbeat_seconds=60, grace_seconds=120).close()
    guarded = Guarded(wsgi(read_only(url)), user, password)
    with make_server("", port, guarded, server_class=Server, handler_class=Quiet) as server:
        print(f"dashboard: listening on {port}", flush=True)
        server.serve_forever()
