"""The environment of the engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.toolchain import engine, plugins, setup


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engine, "locate", lambda: engine.Engine(tmp_path / "pulumi", "on PATH"))
    monkeypatch.setattr(plugins, "locate", lambda found: plugins.Plugins(tmp_path, None))
    monkeypatch.delenv("PULUMI_PARALLEL", raising=False)


def test_many_resources_at_once_for_many_wait_for_others() -> None:
    assert setup.environment()["PULUMI_PARALLEL"] == setup.PARALLEL


def test_how_many_is_a_persons_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_PARALLEL", "3")
    assert setup.environment()["PULUMI_PARALLEL"] == "3"
