"""Pushing asks the registry first, speaks HTTP to the machine's own registry alone, and gives the digest."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from images import build, registry
from images.catalog import Image
from local.problem import Problem

DIGEST = "sha256:" + "0" * 64
IMAGE = Image("mlflow", "containerfile")


class Registry(BaseHTTPRequestHandler):
    """Has the tag `there` of mlflow."""

    asked: list[tuple[str, str | None]]
    version: int
    """What it says to who asks whether it is a registry."""

    def do_GET(self) -> None:
        self.send_response(self.version if self.path == "/v2/" else 404)
        self.end_headers()

    def do_HEAD(self) -> None:
        self.asked.append((self.path, self.headers.get("Authorization")))
        assert "application/vnd.oci.image.manifest.v1+json" in self.headers["Accept"]
        self.send_response(200 if self.path.endswith("/there") else 404)
        self.send_header("Docker-Content-Digest", DIGEST)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: its log isn't wanted here."""


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("MLP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
    Registry.asked, Registry.version = [], 200
    server = HTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_what_the_registry_has_isnt_pushed(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.fingerprint, "tag", lambda image: "there")
    monkeypatch.setattr(registry.storage, "buildah", lambda *_: pytest.fail("pushed"))
    assert registry.push(IMAGE, address) == DIGEST
    assert Registry.asked == [("/v2/mlplatform/mlflow/manifests/there", None)]


def test_what_it_lacks_is_pushed(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pushed: list[Sequence[str]] = []

    def buildah(arguments: Sequence[str], log: Path, what: str) -> str:
        pushed.append(arguments)
        Path(arguments[arguments.index("--digestfile") + 1]).write_text(DIGEST)
        return ""

    monkeypatch.setattr(registry.fingerprint, "tag", lambda image: "new")
    monkeypatch.setattr(registry, "built", lambda image, tag: f"localhost/{image.name}:{tag}")
    monkeypatch.setattr(registry.storage, "buildah", buildah)
    assert registry.push(IMAGE, address) == DIGEST
    ((arguments),) = pushed
    assert arguments[-2:] == ["localhost/mlflow:new", f"docker://{address}/mlplatform/mlflow:new"]
    assert "--tls-verify=false" in arguments


def test_the_users_credentials_are_used(address: str, tmp_path: Path) -> None:
    credentials = base64.b64encode(b"user:password").decode()
    (tmp_path / "auth.json").write_text(json.dumps({"auths": {address: {"auth": credentials}}}))
    registry.digest_of(f"{address}/mlplatform/mlflow", "there")
    assert Registry.asked[0][1] == f"Basic {credentials}"


@pytest.mark.parametrize("text", ["{", "[]", '{"auths": {"HOST": {"auth": "no base64!"}}}', '{"credsStore": "x"}'])
def test_an_auth_file_that_doesnt_help_is_passed_over(address: str, tmp_path: Path, text: str) -> None:
    (tmp_path / "auth.json").write_text(text.replace("HOST", address))
    registry.digest_of(f"{address}/mlplatform/mlflow", "there")
    assert Registry.asked[0][1] is None


@pytest.mark.parametrize(("status", "there"), [(200, True), (401, True), (404, False), (502, False)])
def test_what_answers_but_isnt_a_registry_is_none(address: str, status: int, there: bool) -> None:
    Registry.version = status
    assert registry.answers(address) is there
    assert registry.answers(f"{address}/of-a-team") is there


def test_where_nothing_listens_there_is_no_registry() -> None:
    assert not registry.answers("127.0.0.1:9")


def test_a_registry_that_doesnt_answer_is_a_problem() -> None:
    with pytest.raises(Problem, match=r"registry 127\.0\.0\.1:1 doesn't answer"):
        registry.digest_of("127.0.0.1:1/mlplatform/mlflow", "there")


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("100.64.0.1:5000", True),
        ("127.0.0.1:5000", True),
        ("localhost:5000/team", True),
        ("100.128.0.1:5000", False),
        ("192.168.0.1:5000", False),
        ("registry.example.org", False),
        ("localhost.example.org", False),
    ],
)
def test_only_the_machines_own_registry_is_spoken_to_without_tls(name: str, plain: bool) -> None:
    assert registry.is_plain(name) is plain


def test_an_image_that_isnt_built_cant_be_pushed(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.fingerprint, "tag", lambda image: "new")
    monkeypatch.setattr(build.storage, "stored", set)
    with pytest.raises(Problem, match="image mlflow isn't built"):
        registry.push(IMAGE, address)
