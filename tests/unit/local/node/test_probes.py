from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from local.node import probes
from local.node.config import NodeConfig


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/well" else 500)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    running = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


@pytest.fixture
def authority() -> Path:
    return next(
        path for path in (Path("/etc/ssl/certs/ca-certificates.crt"), Path("/etc/ssl/cert.pem")) if path.exists()
    )


def test_only_200_is_well(server: str, authority: Path) -> None:
    assert probes.answers(f"{server}/well", authority)
    assert not probes.answers(f"{server}/ill", authority)


def test_a_proxy_is_never_asked(server: str, authority: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert probes.answers(f"{server}/well", authority)


def test_nobody_there_and_no_authority_are_no_answer(tmp_path: Path, authority: Path) -> None:
    assert not probes.answers("http://127.0.0.1:1/", authority)
    assert not probes.answers("https://127.0.0.1:1/", tmp_path / "absent.crt")


def test_the_silent_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(probes, "answers", lambda url, authority: "5000" not in url)
    assert probes.silent(NodeConfig(), tmp_path) == ["registry"]
