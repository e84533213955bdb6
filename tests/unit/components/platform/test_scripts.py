"""The scripts of Jobs against small servers that answer as the real ones were seen to."""

from __future__ import annotations

import json
import runpy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from components import platform

SCRIPTS = Path(platform.__file__).parent / "scripts"
Answer = Callable[[str, str, str], tuple[int, str]]
SECRET = "the-account's-own-<secret>"


@contextmanager
def serving(answer: Answer) -> Iterator[tuple[str, list[tuple[str, str, str, dict[str, str]]]]]:
    """A server on loopback whose answers are up to the test; its URL and what it was asked."""
    asked: list[tuple[str, str, str, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            asked.append((self.command, self.path, body, {key.lower(): value for key, value in self.headers.items()}))
            status, text = answer(self.command, self.path, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = do_PATCH = handle_any  # noqa: N815 - names that http.server asks for

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()


def run(monkeypatch: pytest.MonkeyPatch, script: str, **environment: str) -> int:
    """Run a script's `main` with this environment, without waiting between tries."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    names = runpy.run_path(str(SCRIPTS / f"{script}.py"))
    names["main"].__globals__["SECONDS"] = 0
    result: int = names["main"]()
    return result


def bucket(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> int:
    return run(
        monkeypatch,
        "bucket_grant",
        ENDPOINT=endpoint,
        AWS_REGION="us-east-1",
        AWS_ACCESS_KEY_ID="root",
        AWS_SECRET_ACCESS_KEY="root's secret",
        BUCKET="mlflow",
        ACCOUNT_SECRET_KEY=SECRET,
    )


def workspace(monkeypatch: pytest.MonkeyPatch, uri: str) -> int:
    return run(
        monkeypatch,
        "workspace",
        MLFLOW_TRACKING_URI=uri,
        ADMIN_USERNAME="admin",
        ADMIN_PASSWORD="admin's secret",
        WORKSPACE="examples",
        USER_PASSWORD=SECRET,
    )


def test_a_new_bucket_gets_an_account_and_its_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    def fresh(method: str, path: str, body: str) -> tuple[int, str]:
        return (200, "") if path.startswith("/change-bucket-owner") else (201, "")

    with serving(fresh) as (endpoint, asked):
        assert bucket(monkeypatch, endpoint) == 0
    assert [(method, path) for method, path, _, _ in asked] == [
        ("PATCH", "/create-user"),
        ("PATCH", "/mlflow/create"),
        ("PATCH", "/change-bucket-owner?bucket=mlflow&owner=mlflow"),
    ]
    assert "<Access>mlflow</Access><Secret>the-account's-own-&lt;secret&gt;</Secret><Role>user</Role>" in asked[0][2]
    assert asked[1][3]["x-vgw-owner"] == "mlflow"
    for _, path, _, headers in asked:
        assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=root/")
        assert SECRET not in path


def test_an_account_that_is_there_gets_the_key_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    def there(method: str, path: str, body: str) -> tuple[int, str]:
        return (409, "<Error><Code>Exists</Code></Error>") if "create" in path else (200, "")

    with serving(there) as (endpoint, asked):
        assert bucket(monkeypatch, endpoint) == 0
    paths = [path for _, path, _, _ in asked]
    assert "/update-user?access=mlflow" in paths
    assert "&lt;secret&gt;" in asked[paths.index("/update-user?access=mlflow")][2]


def test_a_refusal_is_told_without_repeating_the_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "<Error><Code>SignatureDoesNotMatch</Code><Message>no</Message><StringToSign>much</StringToSign></Error>"
    with serving(lambda *_: (403, text)) as (endpoint, _):
        assert bucket(monkeypatch, endpoint) == 1
    said = capsys.readouterr().err
    assert said == f"{endpoint}: create-user: 403 SignatureDoesNotMatch: no\n"


def test_a_gateway_that_is_not_there_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(lambda *_: (200, "")) as (endpoint, _):
        pass
    assert bucket(monkeypatch, endpoint) == 1
    assert "Could not connect" in capsys.readouterr().err


class Mlflow:
    """What MLflow 3.17 answers, as far as the script asks."""

    def __init__(self, there: bool = False) -> None:
        self.there = there
        self.grants: list[dict[str, Any]] = []

    def __call__(self, method: str, path: str, body: str) -> tuple[int, str]:
        if method == "GET":
            roles = [{"id": 1, "name": "admin"}, {"id": 7, "name": "user"}]
            return 200, json.dumps({"roles": roles})
        if method == "POST":
            self.grants.append({"path": path, **json.loads(body)})
            if self.there:
                return 400, json.dumps({"error_code": "RESOURCE_ALREADY_EXISTS", "message": "it is there"})
        return 200, "{}"


@pytest.mark.parametrize("there", [False, True])
def test_a_workspace_is_provided_whatever_is_there(monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    server = Mlflow(there)
    with serving(server) as (uri, asked):
        assert workspace(monkeypatch, uri) == 0
    made = {grant.pop("path").rsplit("/mlflow/", 1)[-1]: grant for grant in server.grants}
    assert made["workspaces"] == {"name": "examples"}
    assert made["roles/permissions/add"] == {
        "role_id": 7,
        "resource_type": "workspace",
        "resource_pattern": "*",
        "permission": "USE",
    }
    assert made["roles/assign"] == {"username": "examples", "role_id": 7}
    passwords = [json.loads(body) for _, path, body, _ in asked if path.endswith("update-password")]
    assert passwords == [{"username": "examples", "password": SECRET}], (
        "a rotated password is set on a user that is there"
    )


def test_what_mlflow_refuses_is_told_without_the_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refusal = json.dumps({"error_code": "PERMISSION_DENIED", "message": "you may not"})
    with serving(lambda *_: (403, refusal)) as (uri, _):
        assert workspace(monkeypatch, uri) == 1
    assert capsys.readouterr().err == f"{uri}: /api/3.0/mlflow/workspaces: 403 you may not\n"
