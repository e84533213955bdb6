from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from images.monitoring.monitoring.errors import MonitoringError
from images.monitoring.monitoring.server import Server


@pytest.fixture
def says() -> list[str]:
    return ["a 1\n"]


@pytest.fixture
def address(says: list[str]) -> Iterator[str]:
    def metrics() -> str:
        if not says:
            raise MonitoringError("nobody answers")
        return says[0]

    server = Server(0, metrics, "127.0.0.1")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def ask(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_metrics_and_health(address: str, says: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(f"{address}/metrics") == (200, "a 1\n")
    assert ask(f"{address}/healthz")[0] == 200
    assert ask(f"{address}/else")[0] == 404
    says.clear()
    assert ask(f"{address}/metrics") == (503, "nobody answers\n")
    assert ask(f"{address}/healthz")[0] == 200, "it is no reason to be restarted"
    assert "nobody answers" in capsys.readouterr().err
