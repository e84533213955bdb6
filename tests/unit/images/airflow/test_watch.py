"""What the watching process says, without Airflow: its answers, its key, and its limits."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from images.airflow.mlplatform_airflow import check, health, watch
from images.airflow.mlplatform_airflow.board import Board

WELL = health.Health(
    answered=True,
    database=True,
    healthy=frozenset({health.API_SERVER, *health.PARTS}),
    heartbeat_ages=dict.fromkeys(health.PARTS, 1.0),
)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[watch.Server]:
    monkeypatch.setattr(watch, "PORT", 0)
    monkeypatch.setattr(watch.health, "look", lambda _: WELL)
    board = Board([watch.SUPERVISOR, watch.WATCH, health.API_SERVER, *health.PARTS])
    made = watch.Server(board, "http://127.0.0.1:1", "right-key")
    made.service_actions()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def ask(server: watch.Server, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, json.load(answer)


def test_it_is_live_while_the_supervisor_is(server: watch.Server) -> None:
    assert ask(server, "GET", "/live")[0] == 503
    server.board.note(watch.SUPERVISOR)
    assert ask(server, "GET", "/live")[0] == 200


def test_it_is_ready_when_all_are_well_and_stays_so_while_the_api_server_is(server: watch.Server) -> None:
    assert ask(server, "GET", "/ready") == (200, {"sick": [], "database": True})
    server.health = health.Health(answered=True, database=True, healthy=WELL.healthy - {"triggerer"})
    assert ask(server, "GET", "/ready") == (200, {"sick": ["triggerer"], "database": True})
    server.was_ready = False
    assert ask(server, "GET", "/ready")[0] == 503
    server.was_ready, server.health = True, health.NOTHING
    assert ask(server, "GET", "/ready")[0] == 503


def test_heartbeats_are_noted_and_nobody_is_blamed_for_an_outage(
    server: watch.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server._blind_until = server._next = 0.0
    server.service_actions()
    assert 0.5 < server.board.age("scheduler") < 5
    monkeypatch.setattr(watch.health, "look", lambda _: health.Health(answered=True))
    server._next = 0.0
    server.service_actions()
    old = dict.fromkeys(health.PARTS, 90.0)
    monkeypatch.setattr(watch.health, "look", lambda _: health.Health(answered=True, database=True, heartbeat_ages=old))
    server._next = 0.0
    server.service_actions()
    assert server.board.age("scheduler") < 5


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/check", {}, 401),
        ("/check", {"Authorization": "Bearer wrong"}, 401),
        ("/check", {"Authorization": "right-key"}, 401),
        ("/check", {"Authorization": "Bearer right-key"}, 400),
        ("/check", {"Authorization": "Bearer right-key", "Content-Length": "99999999999"}, 413),
        ("/other", {"Authorization": "Bearer right-key"}, 404),
    ],
)
def test_a_check_needs_its_key_and_a_tar(server: watch.Server, path: str, headers: dict[str, str], status: int) -> None:
    assert ask(server, "POST", path, b"nonsense", **headers)[0] == status


def test_without_a_key_nobody_has_it(server: watch.Server) -> None:
    server.key = ""
    assert ask(server, "POST", "/check", b"x", Authorization="Bearer ")[0] == 401


def test_a_report_comes_from_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check._apart(lambda: {"dags": ["a"], "errors": []}) == {"dags": ["a"], "errors": []}

    def leaves() -> check.Report:
        raise SystemExit(5)

    [error] = check._apart(leaves)["errors"]
    assert error == {"file": "dags", "error": "importing the files ended the process with exit code 5"}
    monkeypatch.setattr(check, "MORE_MEMORY", 50 * 2**20)
    [error] = check._apart(lambda: {"dags": [str(bytearray(200 * 2**20))[:1]], "errors": []})["errors"]
    assert "ended the process with exit code 1" in error["error"]
    monkeypatch.setattr(check, "SECONDS", 1)

    def sleeps() -> check.Report:
        threading.Event().wait(30)
        return {"dags": [], "errors": []}

    [error] = check._apart(sleeps)["errors"]
    assert error["error"] == "importing the files took longer than 1 s"
