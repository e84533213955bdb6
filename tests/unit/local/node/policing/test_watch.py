from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from local.node.policing import watch
from local.node.policing.objects import labels_of
from local.node.policing.watch import Kind
from local.provider import kubeconfig
from local.provider.rest import Client
from tests.doubles.api_server import ApiServer

PATH = "/api/v1/namespaces"


def item(name: str, version: int, **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "resourceVersion": str(version), "labels": labels}}


def listed(*items: dict[str, Any], version: int = 1) -> dict[str, Any]:
    return {"metadata": {"resourceVersion": str(version)}, "items": list(items)}


@pytest.fixture
def hold() -> Iterator[threading.Event]:
    """The last watch stays open until the test is over."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    monkeypatch.setattr(watch, "PAUSE_SECONDS", 0.01)
    with ApiServer() as server:
        yield server


def follow(server: ApiServer) -> tuple[Kind, threading.Event]:
    changed = threading.Event()
    client = Client(kubeconfig.load(server.kubeconfig, "", "", ""))
    kind = Kind(client, PATH, labels_of, changed.set)
    assert kind.found is None
    threading.Thread(target=kind.follow, daemon=True).start()
    return kind, changed


def wait(kind: Kind, wanted: dict[tuple[str, str], Any]) -> None:
    end = time.monotonic() + 5
    while kind.found != wanted:
        assert time.monotonic() < end, kind.found
        time.sleep(0.01)


def test_listed_then_followed(server: ApiServer, hold: threading.Event) -> None:
    server.reply("GET", PATH, listed(item("a", 1, x="1"), item("b", 1)))
    events = [
        {"type": "MODIFIED", "object": item("a", 2, x="2")},
        {"type": "ADDED", "object": item("c", 3)},
        {"type": "DELETED", "object": item("b", 4)},
    ]
    server.reply("WATCH", PATH, events=events, hold=hold)
    kind, changed = follow(server)
    wait(kind, {("", "a"): {"x": "2"}, ("", "c"): {}})
    assert changed.is_set()
    assert server.asked[-1].query["resourceVersion"] == "1"


def test_what_does_not_matter_wakes_nobody(server: ApiServer, hold: threading.Event) -> None:
    go = threading.Event()
    server.reply("GET", PATH, listed(item("a", 1, x="1")))
    events = [{"type": "MODIFIED", "object": item("a", 2, x="1")}, {"type": "ADDED", "object": item("b", 3)}]
    server.reply("WATCH", PATH, events=events[:1], hold=go)
    server.reply("WATCH", PATH, events=[], hold=hold)
    kind, changed = follow(server)
    wait(kind, {("", "a"): {"x": "1"}})
    changed.clear()
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        assert not changed.is_set()
        time.sleep(0.01)
    go.set()


def test_a_watch_that_breaks_off_is_listed_anew(server: ApiServer, hold: threading.Event) -> None:
    server.reply("GET", PATH, listed(item("a", 1)))
    server.reply("GET", PATH, listed(item("b", 5), version=5))
    server.reply("WATCH", PATH, events=[])
    server.reply("WATCH", PATH, events=[], hold=hold)
    kind, _ = follow(server)
    wait(kind, {("", "b"): {}})


def test_what_was_known_counts_while_nobody_answers(
    server: ApiServer, hold: threading.Event, capsys: pytest.CaptureFixture[str]
) -> None:
    server.reply("GET", PATH, listed(item("a", 1)))
    for _ in range(3):
        server.fail("GET", PATH, 500, "InternalError", "not now")
    server.reply("GET", PATH, listed(item("b", 5), version=5))
    gone = {"type": "ERROR", "object": {"code": 410, "message": "too old"}}
    server.reply("WATCH", PATH, events=[gone])
    server.reply("WATCH", PATH, events=[], hold=hold)
    kind, _ = follow(server)
    seen = set()
    while (found := kind.found) != {("", "b"): {}}:
        seen.add(str(found))
    assert seen <= {"None", str({("", "a"): {}})}
    said = capsys.readouterr().out
    assert f"{PATH}: too old" in said
    assert f"{PATH}: not now" in said
