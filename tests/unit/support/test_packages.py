"""A package in another repository of the same registry, against a registry that counts what it is asked."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support.packages import Package, as_json, copied

BLOBS = ["sha256:config", "sha256:base", "sha256:model"]
MANIFEST = json.dumps({"config": {"digest": BLOBS[0]}, "layers": [{"digest": blob} for blob in BLOBS[1:]]}).encode()
DIGEST = "sha256:" + hashlib.sha256(MANIFEST).hexdigest()
KIND = "application/vnd.oci.image.manifest.v1+json"


class Registry(ThreadingHTTPServer):
    """Has one image in repository mlplatform/model-a."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.blobs = {"mlplatform/model-a": set(BLOBS)}
        self.manifests = {f"mlplatform/model-a/{DIGEST}": (MANIFEST, KIND)}
        self.mounts = True

    @property
    def package(self) -> Package:
        image = f"127.0.0.1:{self.server_port}/mlplatform/model-a@{DIGEST}"
        return Package(image, "3", "keyword-recommender", "run", "2026-11-29T12:00:00Z")


class Asked(BaseHTTPRequestHandler):
    server: Registry

    def do_GET(self) -> None:
        found = self.server.manifests.get(self.path.removeprefix("/v2/").replace("manifests/", ""))
        self.say(200 if found else 404, *(found or (b"", "")))

    def do_POST(self) -> None:
        where, _, asked = self.path.removeprefix("/v2/").partition("/blobs/uploads/?mount=")
        blob, _, source = asked.partition("&from=")
        there = self.server.mounts and blob in self.server.blobs.get(source, set())
        if there:
            self.server.blobs.setdefault(where, set()).add(blob)
        self.say(201 if there else 202)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        where, _, digest = self.path.removeprefix("/v2/").partition("/manifests/")
        complete = self.server.blobs.get(where) == set(BLOBS)
        if complete:
            self.server.manifests[f"{where}/{digest}"] = (body, self.headers["Content-Type"])
        self.say(201 if complete else 400)

    def say(self, status: int, body: bytes = b"", kind: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_it_is_the_same_image_elsewhere(registry: Registry) -> None:
    made = copied(registry.package, "mlplatform/model-b")
    assert made.image == f"127.0.0.1:{registry.server_port}/mlplatform/model-b@{DIGEST}"
    assert registry.manifests[f"mlplatform/model-b/{DIGEST}"] == (MANIFEST, KIND)
    assert (made.version, made.model, made.run) == ("3", "keyword-recommender", "run")


def test_a_registry_that_takes_nothing_over_is_told(registry: Registry) -> None:
    registry.mounts = False
    with pytest.raises(AssertionError, match="doesn't mount"):
        copied(registry.package, "mlplatform/model-b")


def test_an_image_that_is_not_there_is_told(registry: Registry) -> None:
    registry.manifests.clear()
    with pytest.raises(AssertionError, match="404"):
        copied(registry.package, "mlplatform/model-b")


def test_the_annotation_there_and_back(registry: Registry) -> None:
    package = registry.package
    (text,) = as_json(package)["metadata"]["annotations"].values()
    assert Package.parse(text) == package
