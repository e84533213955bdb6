"""Part of smoke.sh: a hub of a few lines, and jupyterhub-singleuser as a real one starts it, asked as a page does."""

import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

USER, TOKEN = "ada", "smoke-test-token"
SCOPES = ["access:servers!user=ada", "read:users:name!user=ada"]


class Hub(BaseHTTPRequestHandler):
    """Says its version, who the token belongs to, and that activity was noted."""

    def do_GET(self) -> None:
        """Any question."""
        known = self.headers.get("Authorization", "").endswith(TOKEN)
        body: dict[str, Any] = {"version": "6.1.1"}
        if self.path.endswith("/user"):
            body = {"kind": "user", "name": USER, "admin": False, "groups": [], "scopes": SCOPES}
        self.send_response(200 if known or not self.path.endswith("/user") else 403)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-JupyterHub-Version", "6.1.1")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def do_POST(self) -> None:
        """Activity."""
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Nothing."""


def free() -> int:
    """A port that nobody has."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    port = server.server_address[1]
    server.server_close()
    return port


def ask(path: str, method: str = "GET", body: Any = None) -> tuple[int, Any]:
    """Status and JSON of an answer; 0 if there is none."""
    headers = {"Authorization": f"token {TOKEN}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")
    except OSError:
        return 0, None


hub = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
threading.Thread(target=hub.serve_forever, daemon=True).start()
api = f"http://127.0.0.1:{hub.server_address[1]}/hub/api"
port = free()
BASE = f"http://127.0.0.1:{port}/user/{USER}/"
environment = {
    **os.environ,
    "JUPYTERHUB_API_TOKEN": TOKEN,
    "JUPYTERHUB_API_URL": api,
    "JUPYTERHUB_BASE_URL": "/",
    "JUPYTERHUB_CLIENT_ID": f"jupyterhub-user-{USER}",
    "JUPYTERHUB_HOST": "",
    "JUPYTERHUB_OAUTH_CALLBACK_URL": f"/user/{USER}/oauth_callback",
    "JUPYTERHUB_OAUTH_SCOPES": json.dumps(SCOPES),
    "JUPYTERHUB_OAUTH_ACCESS_SCOPES": json.dumps(SCOPES[:1]),
    "JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES": "[]",
    "JUPYTERHUB_SERVICE_PREFIX": f"/user/{USER}/",
    "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}/user/{USER}/",
    "JUPYTERHUB_USER": USER,
    "JUPYTERHUB_SERVER_NAME": "",
    "JUPYTERHUB_ACTIVITY_URL": f"{api}/users/{USER}/activity",
    # A bucket that nobody answers for: a message in the page, and a server that goes on.
    "TEAM_BUCKET": "smoke",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
    "AWS_ACCESS_KEY_ID": "wrong",
    "AWS_SECRET_ACCESS_KEY": "wrong",
    "AWS_DEFAULT_REGION": "us-east-1",
}
begun = time.monotonic()
server = subprocess.Popen(["jupyterhub-singleuser"], env=environment)
try:
    while ask("api/status")[0] != 200:
        assert server.poll() is None, "it ended"
        assert time.monotonic() < begun + 60, "no answer in 60 s"
        time.sleep(0.05)
    print(f"first answer after {time.monotonic() - begun:.1f} s")
    status, root = ask("api/contents/")
    assert status == 200, root
    assert "bucket" in {item["name"] for item in root["content"]}, root
    status, said = ask("api/contents/bucket")
    assert status == 502, (status, said)
    assert "doesn't answer" in said, said
    notebook = {"type": "notebook", "content": {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}}
    assert ask("api/contents/a.ipynb", "PUT", notebook)[0] in (200, 201)
    status, session = ask(
        "api/sessions", "POST", {"path": "a.ipynb", "type": "notebook", "name": "a", "kernel": {"name": "python3"}}
    )
    assert status == 201, session
    assert ask("lab/api/settings")[0] == 200
    # The bucket is no repository, and git isn't asked.
    assert ask("git/bucket/folder/show_top_level", "POST", {})[0] == 404
    assert ask("api/sessions/" + session["id"], "DELETE")[0] == 204
    pages = int(Path(f"/proc/{server.pid}/statm").read_text().split()[1])
    print(f"{pages * os.sysconf('SC_PAGE_SIZE') / 2**20:.0f} MiB at rest")
    assert pages * os.sysconf("SC_PAGE_SIZE") < 300 * 2**20
finally:
    server.terminate()
    server.wait(20)
sys.exit(0)
