"""What kills the engine kills nothing else, and counts the calls right; with a real engine: tests/e2e."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import grpc
import pytest

from tests.doubles import killing_provider
from tests.support.engine_killed import KILLS


def test_kills_nothing_but_the_engine() -> None:
    with pytest.raises(RuntimeError, match="not Pulumi's engine"):
        killing_provider.kill_engine()


def test_spared_calls_are_served_and_not_counted(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    killer = killing_provider.Killer(0, "before", calls, frozenset({"urn:spared"}))
    handler = grpc.unary_unary_rpc_method_handler(lambda request, context: request.urn)
    serve = killer.intercept_service(lambda details: handler, SimpleNamespace(method="/a/Create")).unary_unary
    for urn in ("urn:spared", "urn:other", "urn:spared"):
        assert serve(SimpleNamespace(urn=urn, preview=False), None) == urn
    assert [line.split()[:2] for line in calls.read_text().splitlines()] == [["Create", "urn:other"]]


def test_every_call_has_its_kills() -> None:
    assert len(set(KILLS)) == 16
