"""The browser itself, on pages of this process: who sees what, what is kept of a failure, what a killed test leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError as TooLate

from local import paths
from tests.e2e.browser.conftest import Visit
from tests.support.browser import chromium
from tests.support.processes import is_alive

PAGE = b"""<html><title>here</title><body><p id=who></p><script>
who.textContent = location.hostname + ':' + document.cookie; document.cookie = 'seen=yes'; console.log('said');
</script></body></html>"""
STARTS = """
import sys, time
from pathlib import Path
from tests.support.browser import chromium
from tests.support.browser.session import open_browser
with open_browser(chromium.find(), Path(sys.argv[1])) as session:
    session.visitor("nobody").page.set_content("<p>open")
    print("open", flush=True)
    time.sleep(60)
"""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_names_below_localhost_are_this_machine_and_visitors_share_no_cookie(visit: Visit, port: int) -> None:
    for name in ("ada", "alan"):
        page = visit(name).page
        page.goto(f"http://notebooks.localhost:{port}/")
        assert page.locator("#who").inner_text() == "notebooks.localhost:"
        page.reload()
        assert page.locator("#who").inner_text() == "notebooks.localhost:seen=yes"


def test_what_does_not_come_in_time_leaves_a_picture_and_the_text(visit: Visit, port: int, tmp_path: Path) -> None:
    ada = visit("Ada L.")
    ada.page.goto(f"http://x.localhost:{port}/")
    start = time.monotonic()
    with pytest.raises(TooLate):
        ada.page.locator("#never").click(timeout=500)
    assert time.monotonic() - start < 5
    text, picture = ada.keep(tmp_path / "kept")
    assert text.name == "ada-l-0.txt"
    assert f"http://x.localhost:{port}/" in text.read_text()
    assert "x.localhost" in text.read_text().splitlines()[2]
    assert "console: log: said" in text.read_text()
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_killed_test_leaves_no_process_and_no_mount(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTS, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=paths.checkout()) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        started = children(process.pid)
        assert len(started) > 2
        os.kill(process.pid, signal.SIGKILL)
    end = time.monotonic() + 10
    while left := [pid for pid in started if is_alive(pid)]:
        assert time.monotonic() < end, f"still there: {left}"
        time.sleep(0.2)
    assert str(chromium.folder()) not in Path("/proc/self/mounts").read_text()


def children(pid: int) -> list[int]:
    """All processes below one."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *children(int(child))]
    return found
