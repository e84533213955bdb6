"""The real server on loopback, people with real clones, and somebody who says whether pushes are right."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from tarfile import TarFile
from typing import Any

from local import paths
from tests.support.ports import free_port

ADMIN_KEY = "the-admin-key-of-a-test"
PATIENCE = 20


class Server:
    """One that can be killed and started again on its data."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port()
        self.log = data.parent / "log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def start(self, **environment: str) -> None:
        own = {"ADMIN_KEY": ADMIN_KEY, "DATA": str(self.data), "PORT": str(self.port), "HOST": "127.0.0.1"}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "images.git.gitserver"],
                env={**os.environ, **own, **environment},
                cwd=paths.checkout(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        end = time.monotonic() + PATIENCE
        while self.ask("GET", "/health")[0] != 200:
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < end
            time.sleep(0.02)

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(PATIENCE)

    def kill(self) -> None:
        """It and the gits below it at once, as when a container ends."""
        assert self._process
        os.kill(self.pid, signal.SIGSTOP)
        for pid in [*descendants(self.pid), self.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(PATIENCE)

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        request = urllib.request.Request(self.address + path, body, dict(headers or {}), method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    def admin(self, method: str, name: str, body: object = None, key: str = ADMIN_KEY, query: str = "") -> int:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {key}"}
        return self.ask(method, f"/-/repositories/{name}{query}", data, headers)[0]

    def head(self, name: str) -> str:
        status, body = self.ask("GET", f"/-/repositories/{name}", headers={"Authorization": f"Bearer {ADMIN_KEY}"})
        assert status == 200
        return str(json.loads(body)["head"])

    def as_user(self, user: str, password: str, path: str) -> int:
        token = b64encode(f"{user}:{password}".encode()).decode()
        return self.ask("GET", path, headers={"Authorization": f"Basic {token}"})[0]

    def repository(self, name: str) -> Path:
        return self.data / "repositories" / f"{name}.git"


def descendants(pid: int) -> list[int]:
    """Processes below one, those of other sessions too."""
    listing = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(one): int(parent) for one, parent in (line.split() for line in listing.splitlines())}
    found: list[int] = []
    for candidate in parents:
        above: int | None = candidate
        while above and (above := parents.get(above)):
            if above == pid:
                found.append(candidate)
                break
    return found


@dataclass
class Checker:
    """Stands for a team's Airflow: answers what it is told, and keeps what it was asked."""

    status: int = 200
    answer: Any = field(default_factory=lambda: {"dags": ["a"], "errors": []})
    delay: float = 0
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    """Ends the delay before its time."""

    def __post_init__(self) -> None:
        checker = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                checker.asked.append((str(self.headers["Authorization"]), body))
                checker.arrived.set()
                checker.released.wait(checker.delay)
                answer = json.dumps(checker.answer).encode()
                try:
                    self.send_response(checker.status)
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)
                except OSError:  # whoever asked was killed
                    pass

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def check(self) -> dict[str, str]:
        return {"url": f"http://127.0.0.1:{self.server.server_port}/check", "key": "the-check-key"}

    def files(self) -> set[str]:
        """What the last archive held."""
        with TarFile(fileobj=BytesIO(self.asked[-1][1])) as archive:
            return {member.name for member in archive if member.isfile()}


@dataclass(frozen=True)
class Team:
    """A repository, its password, and clones of it."""

    server: Server
    name: str
    password: str
    folder: Path

    @property
    def url(self) -> str:
        return f"http://{self.name}:{self.password}@127.0.0.1:{self.server.port}/{self.name}.git"

    def allow(self, check: dict[str, str] | None = None) -> int:
        return self.server.admin("PUT", self.name, {"password": self.password, "check": check})

    def clone(self, name: str = "clone") -> Clone:
        clone = Clone(self.folder / name)
        ran = run(self.folder, "clone", "-q", self.url, str(clone.folder))
        assert ran.returncode == 0, ran.stderr
        return clone


@dataclass(frozen=True)
class Clone:
    """Somebody's copy."""

    folder: Path

    def git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run(self.folder, *arguments)

    def commit(self, files: Mapping[str, str | bytes], message: str = "of a test") -> str:
        for path, text in files.items():
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.must("add", "-A")
        self.must("commit", "-q", "--allow-empty", "-m", message)
        return self.head()

    def head(self) -> str:
        return self.must("rev-parse", "HEAD")

    def must(self, *arguments: str) -> str:
        ran = self.git(*arguments)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def push(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.git("push", *(arguments or ("origin", "HEAD:main")))

    def refusal(self, *arguments: str) -> str:
        """What a push that must not be taken says."""
        ran = self.push(*arguments)
        assert ran.returncode != 0, "it was taken"
        return ran.stderr


def run(folder: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """git as somebody, without this machine's settings."""
    own = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "a test",
        "GIT_AUTHOR_EMAIL": "test@localhost",
        "GIT_COMMITTER_NAME": "a test",
        "GIT_COMMITTER_EMAIL": "test@localhost",
    }
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return subprocess.run(
        ["git", *arguments],
        input=given,
        cwd=folder,
        env={**clean, **own},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
