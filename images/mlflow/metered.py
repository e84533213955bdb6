"""The server with metrics on a port of its own: MLflow's own /metrics wants the administrator's password.

uvicorn loads `metered:create` in place of the factory that METERED_FACTORY names.
"""

import importlib
import os
import threading
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, MutableMapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Message = MutableMapping[str, Any]
App = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
HANDLERS = ("/health", "/api/2.0/mlflow-artifacts", "/api", "/ajax-api", "/static-files")
"""What requests are told apart by: the beginnings of their paths, the longer one first."""
DURATION, TOTAL = "mlflow_http_request_duration_seconds", "mlflow_http_requests_total"


def handler_of(path: str) -> str:
    """A path's beginning, so that no client can make series without end."""
    return next((known for known in HANDLERS if path == known or path.startswith(f"{known}/")), "other")


class Metered:
    """An ASGI application that counts what another one answers."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.totals: Counter[tuple[str, str, int]] = Counter()
        self.buckets: Counter[tuple[str, int]] = Counter()
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.in_progress = 0

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        """Hand it on, and note status and duration. An answer that never came is a 500."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, started = 500, time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self.in_progress += 1
        try:
            await self.app(scope, receive, noted)
        finally:
            self.in_progress -= 1
            handler, seconds = handler_of(scope["path"]), time.perf_counter() - started
            self.totals[scope["method"], handler, status] += 1
            self.buckets[handler, bisect_left(BUCKETS, seconds)] += 1
            self.seconds[handler] += seconds

    def metrics(self) -> str:
        """In Prometheus' text format."""
        lines = [f"# TYPE {TOTAL} counter"]
        for (method, handler, status), count in sorted(self.totals.items()):
            lines.append(f'{TOTAL}{{method="{method}",handler="{handler}",status="{status}"}} {count}')
        lines.append(f"# TYPE {DURATION} histogram")
        for handler, seconds in sorted(self.seconds.items()):
            below = 0
            for index, bound in enumerate([*map(str, BUCKETS), "+Inf"]):
                below += self.buckets[handler, index]
                lines.append(f'{DURATION}_bucket{{handler="{handler}",le="{bound}"}} {below}')
            lines += [
                f'{DURATION}_sum{{handler="{handler}"}} {seconds}',
                f'{DURATION}_count{{handler="{handler}"}} {below}',
            ]
        lines += [
            "# TYPE mlflow_http_requests_in_progress gauge",
            f"mlflow_http_requests_in_progress {self.in_progress}",
        ]
        return "\n".join([*lines, *_process()]) + "\n"


def _process() -> list[str]:
    """What every exporter says of its own process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    used = time.process_time()
    return [
        "# TYPE process_resident_memory_bytes gauge",
        f"process_resident_memory_bytes {pages * os.sysconf('SC_PAGE_SIZE')}",
        "# TYPE process_cpu_seconds_total counter",
        f"process_cpu_seconds_total {used}",
        "# TYPE process_start_time_seconds gauge",
        f"process_start_time_seconds {STARTED}",
    ]


STARTED = time.time()


def serve(metered: Metered, port: int) -> ThreadingHTTPServer:
    """Answer /metrics in a thread, for as long as the process lives."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            body = metered.metrics().encode() if self.path == "/metrics" else b"there is /metrics\n"
            self.send_response(200 if self.path == "/metrics" else 404)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: a line a scrape says nothing."""

    server = ThreadingHTTPServer(("", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def create() -> Metered:
    """What uvicorn serves."""
    module, _, name = os.environ["METERED_FACTORY"].partition(":")
    metered = Metered(getattr(importlib.import_module(module), name)())
    serve(metered, int(os.environ.get("METRICS_PORT", "9464")))
    return metered
