"""What a task says to the container beside it, over a real socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from images.airflow.mlplatform_airflow import features
from images.airflow.mlplatform_airflow.features import FeaturesError
from tests.doubles.http_tool import serving

Asked = list[dict[str, object]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    """A container that does all that is asked."""
    found: Asked = []

    def answer(method: str, path: str, body: str) -> tuple[int, str]:
        found.append(json.loads(body))
        if found[-1]["do"] == "apply" and "wrong" in str(found[-1]["path"]):
            return 422, json.dumps({"error": "it can't be imported; mend it", "log": "said\n"})
        return 200, json.dumps({"result": {"applied": ["a"], "materialized": ["users"]}, "log": "said\n"})

    with serving(answer) as (address, _):
        monkeypatch.setattr(features, "PORT", int(address.rpartition(":")[2]))
        yield found


def test_what_is_asked_is_passed_on(asked: Asked, capsys: pytest.CaptureFixture[str]) -> None:
    assert features.apply("/tmp/definitions.py") == ["a"]
    since = datetime(2026, 1, 2, tzinfo=UTC)
    assert features.materialize(["users"], since=since) == ["users"]
    features.materialize()
    assert asked == [
        {"do": "apply", "path": "/tmp/definitions.py"},
        {"do": "materialize", "views": ["users"], "since": "2026-01-02T00:00:00+00:00", "until": None},
        {"do": "materialize", "views": None, "since": None, "until": None},
    ]
    assert capsys.readouterr().out == "said\n" * 3


def test_what_cannot_be_done_is_said(asked: Asked) -> None:
    with pytest.raises(FeaturesError, match="can't be imported; mend it"):
        features.apply("/tmp/wrong.py")


def test_a_task_without_it_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "PORT", 1)
    monkeypatch.setattr(features, "PATIENCE", 0.3)
    with pytest.raises(FeaturesError, match="beside this task"):
        features.materialize()


def test_a_team_without_a_feature_store_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(features.KEY, raising=False)
    assert not features.there()
    monkeypatch.setenv(features.KEY, "k")
    assert features.there()
