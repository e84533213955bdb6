"""A registry that keeps blobs and manifests in memory, and says what a real one says (OCI distribution)."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PATH = re.compile(r"/v2/(?P<name>.+)/(?P<what>manifests|blobs)/(?P<reference>[^/]+)(?P<rest>/.*)?")


@dataclass
class RegistryDouble:
    """What is there, by repository."""

    host: str = ""
    blobs: dict[tuple[str, str], bytes] = field(default_factory=dict)
    manifests: dict[tuple[str, str], tuple[bytes, str]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    mounts: bool = True
    """Whether it mounts blobs of other repositories; one that doesn't asks for an upload."""
    status: int = 0
    """What it says to everything, if it isn't 0."""

    def put(self, name: str, body: bytes) -> str:
        """A blob; its digest."""
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        self.blobs[name, digest] = body
        return digest

    def put_manifest(self, name: str, body: bytes, kind: str, tag: str = "") -> str:
        """A manifest; its digest."""
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        for reference in {digest, tag} - {""}:
            self.manifests[name, reference] = body, kind
        return digest

    @property
    def uploads(self) -> int:
        """How often something was put."""
        return sum(method == "PUT" for method, _ in self.asked)


@contextmanager
def serving() -> Iterator[RegistryDouble]:
    """It, on loopback."""
    double = RegistryDouble()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            double.asked.append((self.command, self.path))
            url = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(url.query).items()}
            if double.status:
                return self.answer(double.status)
            found = PATH.fullmatch(url.path)
            assert found, self.path
            name, reference = found["name"], found["reference"]
            if found["what"] == "manifests":
                return self.manifest(name, reference, body)
            if reference == "uploads":
                return self.upload(name, found["rest"] or "/", query, body)
            blob = double.blobs.get((name, reference))
            return self.answer(404) if blob is None else self.answer(200, blob)

        def manifest(self, name: str, reference: str, body: bytes) -> None:
            if self.command == "PUT":
                double.put_manifest(name, body, self.headers["Content-Type"], reference)
                return self.answer(201)
            there = double.manifests.get((name, reference))
            return self.answer(404) if there is None else self.answer(200, there[0], Content_Type=there[1])

        def upload(self, name: str, rest: str, query: dict[str, str], body: bytes) -> None:
            if self.command == "POST":
                blob = double.blobs.get((query.get("from", ""), query.get("mount", "")))
                if blob is not None and double.mounts:
                    double.blobs[name, query["mount"]] = blob
                    return self.answer(201)
                return self.answer(202, Location=f"/v2/{name}/blobs/uploads/one?state=x")
            assert query["state"] == "x" and rest == "/one"
            if query["digest"] != f"sha256:{hashlib.sha256(body).hexdigest()}":
                return self.answer(400)
            double.blobs[name, query["digest"]] = body
            return self.answer(201)

        do_GET = do_HEAD = do_POST = do_PUT = handle_any  # noqa: N815 - names that http.server asks for

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    double.host = f"127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
