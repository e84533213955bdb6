from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

import pytest

from images.tuning.mlplatform_tuning.dashboard import Guarded

GOOD = "Basic " + base64.b64encode(b"team-a:right").decode()


class Inner:
    """What is guarded: it notes what came through."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        self.asked.append(environ["REQUEST_METHOD"])
        start("200 OK", [])
        return [b"shown"]


def ask(inner: Inner, method: str, header: str, path: str = "/api/studies") -> str:
    said: list[str] = []
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "HTTP_AUTHORIZATION": header}
    list(Guarded(inner, "team-a", "right")(environ, lambda status, headers: said.append(status)))
    return said[0]


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic !!!", "Bearer x", "Basic " + base64.b64encode(b"team-a:wrong").decode(), GOOD + "x"],
)
def test_nobody_looks_without_the_password(header: str) -> None:
    inner = Inner()
    for method in ("GET", "POST", "DELETE"):
        assert ask(inner, method, header) == "401 Unauthorized"
    assert inner.asked == []


def test_who_may_look_can_only_look() -> None:
    inner = Inner()
    assert ask(inner, "GET", GOOD) == ask(inner, "HEAD", GOOD) == "200 OK"
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get"):
        assert ask(inner, method, GOOD).startswith("405")
    assert inner.asked == ["GET", "HEAD"]


def test_a_probe_needs_no_password_and_learns_nothing() -> None:
    inner = Inner()
    assert ask(inner, "GET", "", "/healthz") == "200 OK"
    assert inner.asked == []
