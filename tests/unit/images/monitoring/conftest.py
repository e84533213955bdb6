"""An API server of a few lines, for what the image reads from one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from images.monitoring.monitoring.cluster import Cluster


class Api:
    """Answers GET requests: objects and lists by their paths, lists in pages of one."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.lists: dict[str, list[dict[str, Any]]] = {}
        self.forbidden: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        """Paths with queries, and the tokens that came with them."""

    def answer(self, path: str, token: str) -> tuple[int, dict[str, Any]]:
        self.asked.append((path, token))
        parts = urlsplit(path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if parts.path in self.forbidden:
            return 403, {}
        if parts.path in self.objects:
            return 200, self.objects[parts.path]
        if parts.path not in self.lists:
            return 404, {}
        items, start = self.lists[parts.path], int(query.get("continue", "0"))
        more = {"continue": str(start + 1)} if start + 1 < len(items) else {}
        return 200, {"items": items[start : start + 1], "metadata": more}


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def cluster(api: Api, tmp_path: Path) -> Iterator[Cluster]:
    """The image's client of it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, found = api.answer(self.path, self.headers["Authorization"])
            body = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (tmp_path / "token").write_text("abc\n")
    yield Cluster(f"http://127.0.0.1:{server.server_port}", tmp_path)
    server.shutdown()
    server.server_close()
