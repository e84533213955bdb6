"""A container beside a task: it does what the task asks on 127.0.0.1, with a Feast that the task's image can't hold.

`POST /` {"do": "apply" | "materialize" | "training", ...its arguments} -> {"result", "log"} or {"error",
"log"}. Files are exchanged in /tmp, which both mount. Nobody else reaches the port.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from . import jobs
from .problem import Problem

PORT = int(os.environ.get("WORK_PORT", "8799"))
MOST_BYTES = 4 * 1024 * 1024
WORK: dict[str, Callable[..., dict[str, Any]]] = {
    "apply": jobs.apply,
    "materialize": jobs.materialize,
    "training": jobs.training,
}


def do(body: bytes) -> tuple[int, dict[str, Any]]:
    """One piece of work: status and answer."""
    said = io.StringIO()
    try:
        asked = json.loads(body)
        work = WORK[asked.pop("do")]
    except (ValueError, KeyError, TypeError, AttributeError):
        return 400, {"error": f"do is one of {', '.join(WORK)}", "log": ""}
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            result = work(**asked)
    except Problem as error:
        return 422, {"error": str(error), "log": said.getvalue()}
    except TypeError as error:
        return 400, {"error": str(error), "log": said.getvalue()}
    return 200, {"result": result, "log": said.getvalue()}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Do it."""
        size = int(self.headers.get("Content-Length") or 0)
        status, answer = do(self.rfile.read(size)) if size <= MOST_BYTES else (413, {"error": "too much", "log": ""})
        body = json.dumps(answer, default=str).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """The task prints what was said."""


def main() -> None:
    """One piece after the other. Who asks while Feast is still loading waits."""
    with HTTPServer(("127.0.0.1", PORT), _Handler) as server:
        jobs.store()
        server.serve_forever()
